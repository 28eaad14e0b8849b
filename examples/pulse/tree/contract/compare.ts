// Compares the contract with the last release: what is accepted may only widen, what is sent may only narrow.
//   npm run compare                     with the last tag
//   npm run compare -- REF              with any commit
//   npm run compare -- FILE.tar         with what `git archive --output FILE.tar REF contract` wrote
//   npm run compare -- --accept REASON  notes in meant.json that all that breaks is meant, and why
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'

/** As `redocly diff --format=json` tells it. */
interface Difference {
  path: string
  kind: 'added' | 'removed' | 'modified'
  property?: string
  verdicts: { ruleId: string; impact: string }[]
  base?: Side
  revision?: Side
}

interface Side {
  file: string
  pointer: string
  line: number
  value?: unknown
}

interface Change {
  /** Whether it fails, or is only said: then it depends on who reads. */
  verdict: 'breaking' | 'judgement'
  rule: string
  /** Its file below contract/, and the place in it. */
  at: string
  line: number
  old: string
  new: string
}

type Meant = Omit<Change, 'verdict' | 'line'> & { reason: string }

const HERE = import.meta.dirname
const ROOT = join(HERE, '..')
const MEANT = join(HERE, 'meant.json')
const ENV = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

/** What redocly lets pass, or takes for worse than it is; for the rest its own rules count. */
function judge(one: Difference, sent: boolean): [Change['verdict'], rule: string] | undefined {
  const { path, kind, property } = one
  const [old, now] = [one.base?.value, one.revision?.value]
  const changed = old !== undefined && now !== undefined
  const variant = /\/(oneOf|messages)\/[^/]+$/.test(path)
  const field = /\/properties\/[^/]+$/.test(path)
  if (variant && kind === 'removed') return ['breaking', 'variant-removed']
  if (/\/security$/.test(path) && kind === 'removed') return ['breaking', 'security-changed']
  if (property === 'default' && old !== undefined) return ['breaking', 'default-changed']
  if (property === 'default') return ['judgement', 'default-added']
  if (property === 'pattern' && changed) return ['judgement', 'pattern-changed']
  if (sent && property === 'additionalProperties' && now === true)
    return ['judgement', 'object-opened']
  if (sent && variant && kind === 'added') return ['judgement', 'variant-added']
  if (sent && field && kind === 'added') return ['judgement', 'field-added']
  if (/\/responses\/[^/]+$/.test(path) && kind === 'added') return ['judgement', 'status-added']
  const [major] = one.verdicts.filter(({ impact }) => impact === 'major')
  if (!major) return undefined
  // Only what is written in the services' code is called otherwise.
  const named = major.ruleId === 'operation-id-changed'
  return [named ? 'judgement' : 'breaking', major.ruleId]
}

const documents = (root: string) =>
  ['openapi', 'asyncapi'].flatMap((folder) => {
    const path = join(root, 'contract', folder)
    return existsSync(path) ? readdirSync(path).map((file) => `contract/${folder}/${file}`) : []
  })

async function compare(base: string, document: string): Promise<Change[]> {
  const redocly = ['diff', join(base, document), document, '--format=json', '--fail-on=none']
  const shell = process.platform === 'win32'
  const { stdout } = await promisify(execFile)('redocly', redocly, { cwd: ROOT, env: ENV, shell })
  const sends = await directions(document)
  return (JSON.parse(stdout).changes as Difference[]).flatMap((one) => {
    const [verdict, rule] = judge(one, sends(one.path)) ?? []
    const side = one.revision ?? one.base
    if (!verdict || !rule || !side) return []
    const file = side.file.slice(side.file.lastIndexOf('contract/') + 'contract/'.length)
    const [old, now] = [brief(one.base?.value), brief(one.revision?.value)]
    return { verdict, rule, at: `${file}${side.pointer}`, line: side.line, old, new: now }
  })
}

/** Tells of a place in a document whether the service sends what stands there. */
async function directions(document: string): Promise<(path: string) => boolean> {
  if (document.includes('/openapi/')) return (path) => path.includes('/responses/')
  const { parse } = await import('yaml')
  const { operations } = parse(readFileSync(join(ROOT, document), 'utf8')) as {
    operations: Record<string, { action: string; channel: { $ref: string } }>
  }
  const sending = Object.values(operations).filter(({ action }) => action === 'send')
  const channels = new Set(sending.map(({ channel }) => channel.$ref))
  return (path) => channels.has(path.split('/').slice(0, 3).join('/'))
}

function brief(value: unknown): string {
  const text = value === undefined ? '' : JSON.stringify(value)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}

/** Unpacks the contract as it was: REF, an archive of it, or the last tag when nothing is said. */
function unpack(said: string | undefined, folder: string): string | undefined {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim()
  const tag = () => {
    const [newest] = git('tag', '--merged', '--sort=-creatordate').split('\n')
    return newest || undefined
  }
  const release = said ?? tag()
  if (!release) return undefined
  const archive = existsSync(release) ? release : join(folder, 'base.tar')
  if (archive !== release) git('archive', `--output=${archive}`, release, 'contract')
  execFileSync('tar', ['-xf', archive, '-C', folder])
  return release
}

/** A definition that several operations share changes once. */
function once(changes: Change[]): Change[] {
  const keys = changes.map((change) => JSON.stringify(change))
  return changes.filter((_, index) => keys.indexOf(keys[index] ?? '') === index)
}

const isOf = (change: Change) => (meant: Meant) =>
  meant.rule === change.rule &&
  meant.at === change.at &&
  meant.old === change.old &&
  meant.new === change.new

function tell(change: Change, word: string): void {
  const [file] = change.at.split('#')
  console.log(`${word}: ${change.rule}\n  at  contract/${file}:${change.line}`)
  console.log(`      ${change.at.slice(change.at.indexOf('#'))}`)
  if (change.old) console.log(`  old ${change.old}`)
  if (change.new) console.log(`  new ${change.new}`)
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { accept: { type: 'string' } },
  })
  const folder = mkdtempSync(join(tmpdir(), 'contract-'))
  try {
    const release = unpack(positionals[0], folder)
    if (!release) return console.log('There is no release yet: tag one, or name a commit.')
    const now = documents(ROOT)
    const gone = documents(folder).filter((document) => !now.includes(document))
    const kept = documents(folder).filter((document) => now.includes(document))
    const found = await Promise.all(kept.map((document) => compare(folder, document)))
    report(release, once([...found.flat(), ...gone.map(removal)]), values.accept)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const removal = (document: string): Change => ({
  verdict: 'breaking',
  rule: 'document-removed',
  at: `${document.slice('contract/'.length)}#`,
  line: 1,
  old: document,
  new: '',
})

function report(release: string, changes: Change[], reason: string | undefined): void {
  const meant: Meant[] = existsSync(MEANT) ? JSON.parse(readFileSync(MEANT, 'utf8')) : []
  const breaking = changes.filter(
    (change) => change.verdict === 'breaking' && !meant.some(isOf(change)),
  )
  if (reason && breaking.length > 0) {
    const more = breaking.map(({ rule, at, old, new: now }) => ({
      rule,
      at,
      old,
      new: now,
      reason,
    }))
    writeFileSync(MEANT, `${JSON.stringify([...meant, ...more], undefined, 2)}\n`)
  }
  for (const change of changes) {
    const known = meant.find(isOf(change))
    if (known) console.log(`meant: ${change.rule} at ${change.at}: ${known.reason}`)
    else tell(change, reason && change.verdict === 'breaking' ? 'meant' : change.verdict)
  }
  if (breaking.length === 0) console.log(`Nothing breaks who kept to the contract of ${release}.`)
  else if (!reason) {
    console.error(`\n${breaking.length} of these break who kept to the contract of ${release}.`)
    console.error("If that is meant: npm run compare -- --accept 'the reason'")
    process.exitCode = 1
  }
}

await main()
