// Makes 20,000 documents from the contract's samples, one change or a few each, and judges them with TypeBox.
// Writes verdicts.ndjson: name of the definition, document, verdict; prints what one verdict costs.
import { writeFileSync } from 'node:fs'

const { areas, checkOf } = await import('../../contract/index.ts')
const COUNT = 20_000
let seed = 42
const roll = (sides) => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((seed / 2 ** 32) * sides)
}
const pick = (list) => list[roll(list.length)]

const strange = [
  null, true, false, 0, -1, 1.5, 1e308, 7.0, 2 ** 53, '', ' ', 'x', '7', 'true', [], {}, [null], { type: 'x' },
  '2026-01-04T23:30:00Z', '2026-01-04T23:30:00', '2026-01-04T23:30:00+01:00', '2026-02-30T00:00:00Z', '2026-01-04', 'noon',
  '2026-01-04T23:30:00.123Z', '2026-01-04 23:30:00Z', '2026-01-04t23:30:00z', '2026-13-01T00:00:00Z', '2026-01-04T24:00:00Z', '2026-01-04t23:30:00Z', '2026-12-31T23:59:60Z',
  '2026-01-04T23:30:00.123456789Z', '2026-01-04T23:30:00.Z', '2026-01-04T23:30Z', '2026-01-04T23:30:00+00:00', '2026-02-29T00:00:00Z',
  '2028-02-29T00:00:00Z', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', 'urn:uuid:3f0c4f0a-6a51-4d2e-9c1b-0d6a5b1e2f3a',
  '3f0c4f0a-6a51-4d2e-9c1b-0d6a5b1e2f3a', '3F0C4F0A-6A51-4D2E-9C1B-0D6A5B1E2F3A', '3f0c4f0a6a514d2e9c1b0d6a5b1e2f3a',
  '{3f0c4f0a-6a51-4d2e-9c1b-0d6a5b1e2f3a}', 'a'.repeat(32), 'A'.repeat(32), 'a'.repeat(60), 'a'.repeat(61), 'ä'.repeat(60),
  '😀'.repeat(60), '😀'.repeat(61), 'a'.repeat(255), 'a'.repeat(256), '\u0000', 'pending', 'scored', 'ml', 'up', 'ok', 600, 599, 400, 399,
]

function mutate(node) {
  if (node === null || typeof node !== 'object' || roll(6) === 0) return pick(strange)
  if (Array.isArray(node)) {
    const copy = [...node]
    const at = roll(copy.length + 1)
    if (roll(3) === 0) copy.splice(at, 0, pick(strange))
    else if (copy.length > 0 && roll(2) === 0) copy.splice(at % copy.length, 1)
    else if (copy.length > 0) copy[at % copy.length] = mutate(copy[at % copy.length])
    return copy
  }
  const copy = { ...node }
  const keys = Object.keys(copy)
  const key = pick(keys)
  switch (roll(5)) {
    case 0:
      delete copy[key]
      return copy
    case 1:
      return { ...copy, [pick(['more', 'type', 'id', 'at', 'value', 'toString'])]: pick(strange) }
    default:
      if (key !== undefined) copy[key] = mutate(copy[key])
      return copy
  }
}

const samples = [...areas.values()].flatMap((definitions) =>
  Object.entries(definitions).flatMap(([name, { examples = [], 'x-invalid': invalid = [] }]) =>
    [...examples, ...invalid].map((value) => ({ name, value })),
  ),
)
const checks = new Map([...new Set(samples.map(({ name }) => name))].map((name) => [name, checkOf(name)]))
const documents = samples.map(({ name, value }) => ({ name, value }))
while (documents.length < COUNT) {
  const { name, value } = pick(samples)
  let changed = mutate(value)
  while (roll(3) === 0) changed = mutate(changed)
  documents.push({ name, value: changed })
}
const lines = documents.map(({ name, value }) => {
  const text = JSON.stringify(value)
  return JSON.stringify({ name, text, valid: checks.get(name)(JSON.parse(text)).length === 0 })
})
writeFileSync('verdicts.ndjson', lines.join('\n'))

const { default: event } = { default: samples.find(({ name }) => name === 'ReadingEvent').value }
const text = JSON.stringify(event)
const check = checkOf('ReadingEvent')
const time = (work) => {
  for (let n = 0; n < 20_000; n++) work()
  const start = process.cpuUsage()
  for (let n = 0; n < 200_000; n++) work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 200_000
}
const parsing = time(() => JSON.parse(text))
const checking = time(() => check(event))
console.log(`Node: a verdict takes ${checking.toFixed(2)} µs, ${(checking / parsing).toFixed(2)} × JSON.parse`)
