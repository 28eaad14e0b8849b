// Compares the contract with a release: what is accepted may only widen, what is sent may only narrow.
//   npm run compare                     with the last tag
//   npm run compare -- REF              with any commit
//   npm run compare -- FILE.tar         with what `git archive --output FILE.tar REF contract` wrote
//   npm run compare -- --accept REASON  notes in meant.json that all that breaks is meant, and why
// Where there is Python alone: `python tasks.py compare`, with the same words.
import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
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

/** What breaks fails; what depends on who reads is only said. */
type Verdict = 'breaking' | 'judgement'

interface Change {
  rule: string
  /** A file below contract/ and the place in it. */
  at: string
  old: string
  new: string
}

type Judged = Change & { verdict: Verdict; line?: number | undefined }
type Meant = Change & { reason: string }

const HERE = import.meta.dirname
const ROOT = join(HERE, '..')
const MEANT = join(HERE, 'meant.json')
const ME =
  process.env.npm_lifecycle_event === 'npx' ? 'python tasks.py compare' : 'npm run compare --'
const ENV = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

/** Redocly's own rules, but for what they let pass or take for worse than it is. */
function judge(one: Difference, sent: boolean, guarded: boolean): [Verdict, string] | undefined {
  const { path, kind, property } = one
  if (kind === 'removed' && /\/(oneOf|messages)\/[^/]+$/.test(path))
    return ['breaking', 'variant-removed']
  if (kind === 'added' && sent && /\/oneOf\/[^/]+$/.test(path)) return ['breaking', 'variant-added']
  if (kind === 'removed' && /\/security$/.test(path))
    return guarded ? ['breaking', 'security-changed'] : undefined
  if (property === 'default' && !sent)
    return one.base?.value === undefined
      ? ['judgement', 'default-added']
      : ['breaking', 'default-changed']
  if (sent && property === 'additionalProperties' && one.revision?.value === true)
    return ['judgement', 'object-opened']
  if (sent && kind === 'added' && /\/messages\/[^/]+$/.test(path))
    return ['judgement', 'message-added']
  if (sent && kind === 'added' && /\/properties\/[^/]+$/.test(path))
    return ['judgement', 'field-added']
  if (kind === 'added' && /\/responses\/[^/]+$/.test(path)) return ['judgement', 'status-added']
  const major = one.verdicts.find(({ impact }) => impact === 'major')
  // The name of an operation is read by people and generators only.
  return major && [major.ruleId === 'operation-id-changed' ? 'judgement' : 'breaking', major.ruleId]
}

/** Of channels and messages only what they hold goes over the wire, not what the contract calls them. */
function isRenamed(one: Difference, all: Difference[]): boolean {
  const held = ({ base, revision }: Difference) => JSON.stringify((base ?? revision)?.value)
  const folder = /^#\/channels\/([^/]+\/messages\/)?(?=[^/]+$)/.exec(one.path)?.[0]
  return all.some(
    (other) =>
      folder !== undefined &&
      one.kind !== 'modified' &&
      other.kind === (one.kind === 'added' ? 'removed' : 'added') &&
      other.path.startsWith(folder) &&
      held(other) === held(one),
  )
}

/** Below `folder` stand both contracts, so that redocly gets short paths and looks at nothing else. */
async function redocly(folder: string, ...words: string[]): Promise<string> {
  const options = { cwd: folder, env: ENV, maxBuffer: 1e9, shell: process.platform === 'win32' }
  return (await promisify(execFile)('redocly', words, options)).stdout
}

async function compare(folder: string, document: string): Promise<Judged[]> {
  const now = `now/${document}`
  const words = ['diff', `base/${document}`, now, '--format=json', '--fail-on=none']
  const { changes } = JSON.parse(await redocly(folder, ...words)) as { changes: Difference[] }
  if (changes.length === 0) return []
  const sends = await directions(folder, now)
  const guarded = /^security:/m.test(readFileSync(join(folder, now), 'utf8'))
  return changes.flatMap((one) => {
    const judged = judge(one, sends(one.path), guarded)
    if (!judged || isRenamed(one, changes)) return []
    const [verdict, rule] = judged
    const text = (side?: Side) => JSON.stringify(side?.value) ?? ''
    const [old, now] = [text(one.base), text(one.revision)]
    return { verdict, rule, at: place(one), line: one.revision?.line, old, new: now }
  })
}

function place({ base, revision, property = '' }: Difference): string {
  const { file, pointer } = revision ?? (base as Side)
  const below = pointer.endsWith(`/${property}`) || property === 'key' ? '' : `/${property}`
  return file.replace(/^.*?\bcontract\//, '') + pointer + (property && below)
}

/** Tells of a place in a document whether the service sends what stands there. */
async function directions(folder: string, document: string): Promise<(path: string) => boolean> {
  if (document.includes('/openapi/')) return (path) => path.includes('/responses/')
  const { operations = {} } = JSON.parse(
    await redocly(folder, 'bundle', document, '--ext=json'),
  ) as {
    operations?: Record<string, { action: string; channel: { $ref: string } }>
  }
  const sending = Object.values(operations).filter(({ action }) => action === 'send')
  const channels = new Set(sending.map(({ channel }) => channel.$ref))
  return (path) => channels.has(path.split('/').slice(0, 3).join('/'))
}

const git = (...words: string[]) =>
  execFileSync('git', words, { cwd: ROOT, maxBuffer: 1e9, stdio: 'pipe' })

function lastTag(): string | undefined {
  try {
    return git('describe', '--tags', '--abbrev=0').toString().trim()
  } catch {
    return undefined
  }
}

/** What `fuzz` has installed beside the contract is none of it. */
const isOurs = (path: string) => !path.endsWith('.venv')

/** Puts the contract as it was into `base`, and as it is into `now`. */
function unpack(release: string, folder: string): void {
  const base = join(folder, 'base')
  mkdirSync(base)
  try {
    const archived = release.endsWith('.tar')
    const input = archived ? readFileSync(release) : git('archive', release, 'contract')
    execFileSync('tar', ['-xf', '-'], { cwd: base, input, stdio: 'pipe' })
    readdirSync(join(base, 'contract'))
  } catch {
    const remedy = "say a tag, a commit, or what 'git archive --output FILE.tar REF contract' wrote"
    throw new Error(`there is no contract in ${release}\nhint: ${remedy}`)
  }
  cpSync(HERE, join(folder, 'now/contract'), { recursive: true, filter: isOurs })
}

const documents = (root: string) =>
  ['openapi', 'asyncapi'].flatMap((kind) => {
    const path = join(root, 'contract', kind)
    return existsSync(path) ? readdirSync(path).map((file) => `contract/${kind}/${file}`) : []
  })

async function changes(folder: string): Promise<Judged[]> {
  const now = new Set(documents(join(folder, 'now')))
  const found = await Promise.all(
    documents(join(folder, 'base')).map((document) =>
      now.has(document) ? compare(folder, document) : [removal(document)],
    ),
  )
  // A definition that several operations share changes once.
  return [...new Map(found.flat().map((change) => [JSON.stringify(change), change])).values()]
}

function removal(document: string): Judged {
  const at = document.replace('contract/', '')
  return { verdict: 'breaking', rule: 'document-removed', at, old: at, new: '' }
}

const same = (one: Change, other: Change) =>
  one.rule === other.rule && one.at === other.at && one.old === other.old && one.new === other.new

function tell(change: Judged, reason: string | undefined): void {
  const [file = '', place = ''] = change.at.split('#')
  const brief = (text: string) => (text.length > 90 ? `${text.slice(0, 89)}…` : text || 'nothing')
  const line = change.line ? `:${change.line}` : ''
  console.log(`${reason ? 'meant' : change.verdict}: ${change.rule}`)
  console.log(`  at   contract/${file}${line} #${place}`)
  console.log(`  old  ${brief(change.old)}\n  new  ${brief(change.new)}`)
  if (reason) console.log(`  why  ${reason}`)
}

function report(release: string, found: Judged[], reason: string | undefined): void {
  const meant: Meant[] = existsSync(MEANT) ? JSON.parse(readFileSync(MEANT, 'utf8')) : []
  const isNew = (change: Judged) =>
    change.verdict === 'breaking' && !meant.some((known) => same(known, change))
  const breaking = found.filter(isNew)
  if (reason && breaking.length > 0) {
    meant.push(...breaking.map(({ verdict, line, ...change }) => ({ ...change, reason })))
    writeFileSync(MEANT, `${JSON.stringify(meant, undefined, 2)}\n`)
  }
  for (const change of found) tell(change, meant.find((known) => same(known, change))?.reason)
  if (breaking.length === 0)
    console.log(`Nothing breaks those who kept to the contract of ${release}.`)
  else if (!reason) {
    console.log(`\n${breaking.length} of these break those who kept to the contract of ${release}.`)
    console.log(`If that is meant: ${ME} --accept 'the reason'`)
    process.exitCode = 1
  }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { accept: { type: 'string' } },
  })
  const release = positionals[0] ?? lastTag()
  if (!release) return console.log('There is no release yet: make a tag, or name a commit.')
  const folder = mkdtempSync(join(tmpdir(), 'contract-'))
  try {
    unpack(release, folder)
    report(release, await changes(folder), values.accept)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

try {
  await main()
} catch (error) {
  const { code, message, stderr } = error as Error & { code?: string; stderr?: string }
  const what = code === 'ENOENT' ? 'redocly is not installed\nhint: npm ci' : message
  console.error(`error: ${/^Error: (.*)/m.exec(stderr ?? '')?.[1] ?? what}`)
  process.exitCode = 2
}
