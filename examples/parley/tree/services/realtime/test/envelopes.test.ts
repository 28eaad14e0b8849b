import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '#contract/realtime'
import { Client } from './client.ts'
import { start } from './support.ts'

const { app, url } = await start()
app.hub.open('open:', {
  presence: true,
  publish: (_, data) => ({ type: 'test', data }) as unknown as Event,
})
app.hub.open('read:', {})
/** What a channel is answered that nobody opened: there may be a part that opens all of them. */
const UNKNOWN = isOpen('no:x') ? 200 : 404
const witness = await Client.connect(url)
await witness.ask({ type: 'subscribe', channel: 'open:witness' })

const subscribe = (more: string) => `{"type":"subscribe","id":1,${more}}`
const on = (channel: string) => subscribe(`"channel":${channel}`)
const since = (place: string) => subscribe(`"channel":"open:x","since":${place}`)
const id = (value: string) => `{"type":"subscribe","channel":"open:x","id":${value}}`
const publish = (data: string) => `{"type":"publish","id":1,"channel":"open:x","data":${data}}`
const key = (value: string) => publish(`{},"key":${value}`)
const type = (value: string) => `{"type":${value},"id":1,"channel":"open:x"}`
const name = (length: number) => JSON.stringify('open:'.padEnd(length, 'x'))
const deep = (levels: number, [open, close]: string | string[], inside = '') =>
  open?.repeat(levels) + inside + close?.repeat(levels)
const deepObject = (levels: number) => deep(levels, ['{"a":', '}'], '1')

/** What is said, and the answer: a status of a refusal, the code of the end, or 200 when there is nothing against it. */
const ENVELOPES: [string, string, number][] = [
  ['no JSON', 'nonsense', 1007],
  ['a space', ' ', 1007],
  ['half an object', '{"type":"ping"', 1007],
  ['two objects', '{"type":"ping"}{"type":"ping"}', 1007],
  ['a comma at the end', '{"type":"ping",}', 1007],
  ['single quotes', "{'type':'ping'}", 1007],
  ['a comment', '{"type":"ping"}//', 1007],
  ['a number that is none', 'NaN', 1007],
  ['infinity', '-Infinity', 1007],
  ['a number with a leading zero', id('01'), 1007],
  ['a number in hexadecimal', id('0x1'), 1007],
  ['a line break in a text', on('"open:\n"'), 1007],
  ['NUL in a text', on('"open:\0"'), 1007],
  ['NUL at the end', '{"type":"ping"}\0', 1007],
  ['a bad escape', on('"open:\\x41"'), 1007],
  ['half an escape', on('"open:\\u00"'), 1007],
  ['arrays without end', '['.repeat(60_000), 1007],
  ['nothing', 'null', 422],
  ['true', 'true', 422],
  ['a number', '1', 422],
  ['a number beyond all', '1e999', 422],
  ['a text', '"subscribe"', 422],
  ['a list', '[]', 422],
  ['a list of one', '[{"type":"ping"}]', 422],
  ['a deep list', deep(30_000, '[]'), 422],
  ['a deep object', deepObject(9_000), 422],
  ['an empty object', '{}', 422],
  ['no type', '{"id":1,"channel":"open:x"}', 422],
  ...[
    'null',
    '1',
    '[]',
    '{}',
    '["subscribe"]',
    '{"toString":"subscribe"}',
    '""',
    '"SUBSCRIBE"',
    '"subscribe "',
  ]
    .concat([
      '"__proto__"',
      '"constructor"',
      '"toString"',
      '"welcome"',
      '"accepted"',
      '"event"',
      '"restart"',
    ])
    .map((value) => [`the type ${value}`, type(value), 422] as [string, string, number]),
  ['the prototype', '{"__proto__":{"type":"ping"}}', 422],
  ['a prototype beside', '{"type":"ping","__proto__":{"admin":true}}', 422],
  ['a constructor beside', '{"type":"ping","constructor":{"prototype":{"admin":true}}}', 422],
  ['something unknown', on('"open:x","admin":true'), 422],
  [
    'thousands of unknown things',
    on(`"open:x"${[...Array(5_000).keys()].map((n) => `,"${n}":0`).join('')}`),
    422,
  ],
  ['a type that comes twice', '{"type":"ping","type":"dance"}', 422],
  ['a type that comes twice, well the second time', '{"type":"dance","type":"ping"}', 200],
  ...[
    'null',
    '-1',
    '0.5',
    '"1"',
    'true',
    '[]',
    '{}',
    '1e999',
    '-1e999',
    '1e-9',
    '[1]',
    '{"valueOf":1}',
  ].map((value) => [`the id ${value}`, id(value), 422] as [string, string, number]),
  ['no id', '{"type":"subscribe","channel":"open:x"}', 422],
  ['an id that numbers cannot tell from the next', id('9007199254740993'), 200],
  ['an id as large as can be', id('9007199254740991'), 200],
  ['minus nought', id('-0'), 200],
  ...['null', '1', '[]', '{}', '["open:x"]', '{"length":6}', '""'].map(
    (value) => [`the channel ${value}`, on(value), 422] as [string, string, number],
  ),
  ['no channel', '{"type":"subscribe","id":1}', 422],
  ['a channel of 255 letters', on(name(255)), 200],
  ['a channel of 256 letters', on(name(256)), 422],
  ['a channel of 60000 letters', on(name(60_000)), 422],
  ...[
    '"__proto__"',
    '"constructor"',
    '"prototype"',
    '"hasOwnProperty"',
    '"open"',
    '" open:x"',
    '"OPEN:x"',
    '"\\u0000open:x"',
  ]
    .concat(['"ореn:x"', '"\\u202eopen:x"', '"*"', '"\\ud800"'])
    .map((value) => [`the channel ${value}`, on(value), UNKNOWN] as [string, string, number]),
  ...[
    '"open:"',
    '"open:__proto__"',
    '"open:constructor"',
    '"open:\\u0000"',
    '"open:\\n"',
    '"open:\\ud800"',
    '"open:\\udc00\\ud800"',
  ]
    .concat([
      '"open:\\u202e"',
      '"open:👩‍👩‍👧‍👦"',
      '"open:é"',
      '"open:e\\u0301"',
      '"open:\\ufffe"',
      '"open:*"',
      '"open:../x"',
      '"open:%00"',
    ])
    .map((value) => [`the channel ${value}`, on(value), 200] as [string, string, number]),
  ...[
    'null',
    '1',
    '"e:1"',
    '[]',
    '{}',
    '{"epoch":"e"}',
    '{"offset":1}',
    '{"epoch":1,"offset":1}',
    '{"epoch":"e","offset":"1"}',
  ]
    .concat(
      ['-1', '0.5', '1e999', 'null', '[]'].map((offset) => `{"epoch":"e","offset":${offset}}`),
    )
    .concat([
      '{"epoch":"e","offset":1,"more":1}',
      '{"__proto__":{"epoch":"e","offset":1}}',
      `{"epoch":"${'e'.repeat(65)}","offset":1}`,
    ])
    .map((place) => [`since ${place.slice(0, 60)}`, since(place), 422] as [string, string, number]),
  ...['""', '"__proto__"', '"\\ud800"', '"\\u0000"', `"${'e'.repeat(64)}"`]
    .flatMap((epoch) =>
      ['0', '1', '9007199254740991', '1e308'].map(
        (offset) => `{"epoch":${epoch},"offset":${offset}}`,
      ),
    )
    .map((place) => [`since ${place}`, since(place), 200] as [string, string, number]),
  ['no data', '{"type":"publish","id":1,"channel":"open:x"}', 422],
  ...['null', '1', '""', '[]', 'true', '[{}]'].map(
    (data) => [`the data ${data}`, publish(data), 422] as [string, string, number],
  ),
  ['the prototype as data', publish('{"__proto__":{"admin":true}}'), 200],
  ['a constructor as data', publish('{"constructor":{"prototype":{"admin":true}}}'), 200],
  [
    'data with its own way to become JSON',
    publish('{"toJSON":1,"then":1,"valueOf":1,"toString":1}'),
    200,
  ],
  ['lone surrogates as data', publish('{"\\ud800":"\\udfff"}'), 200],
  [
    'huge numbers as data',
    publish('{"a":1e999,"b":-1e999,"c":123456789012345678901234567890}'),
    200,
  ],
  [
    'thousands of names as data',
    publish(`{${[...Array(5_000).keys()].map((n) => `"${n}":0`).join()}}`),
    200,
  ],
  ['data of some levels', publish(deepObject(50)), 200],
  ['data of too many levels', publish(deepObject(100)), 422],
  ['data of thousands of levels', publish(deepObject(9_000)), 422],
  ['lists of thousands of levels as data', publish(`{"a":${deep(30_000, '[]')}}`), 422],
  ...['null', '1', '[]', '{}', '""', 'true'].map(
    (value) => [`the key ${value}`, key(value), 422] as [string, string, number],
  ),
  ['a key of 64 letters', key(`"${'k'.repeat(64)}"`), 200],
  ['a key of 65 letters', key(`"${'k'.repeat(65)}"`), 422],
  ...['"__proto__"', '"constructor"', '"\\u0000"', '"\\n"', '"\\ud800"', '" "'].map(
    (value) => [`the key ${value}`, key(value), 200] as [string, string, number],
  ),
  [
    'a publish where only the service does',
    '{"type":"publish","id":1,"channel":"read:x","data":{}}',
    403,
  ],
  [
    'a publish where there is nothing',
    '{"type":"publish","id":1,"channel":"no:x","data":{}}',
    UNKNOWN,
  ],
  ['the members of nothing', '{"type":"presence","id":1,"channel":"no:x"}', UNKNOWN],
  ['a farewell to what was never heard', '{"type":"unsubscribe","id":1,"channel":"no:x"}', 200],
  ['a ping with an id', '{"type":"ping","id":1}', 422],
]

for (const [what, said, expected] of ENVELOPES)
  test(`envelope: ${what.replaceAll('\0', '')}`, async () => {
    const client = await Client.connect(url)
    const closed = client.closed()
    client.socket.send(said)
    const answers = (['accepted', 'pong', 'refused'] as const).map((type) => client.hears(type))
    const answer = await Promise.race([...answers, closed])
    for (const other of answers) other.catch(() => {})
    client.socket.close()
    const status =
      typeof answer === 'number' ? answer : 'problem' in answer ? answer.problem.status : 200
    assert.equal(status, expected)
    assert.deepEqual(Object.keys(Object.prototype), [])
    assert.equal(Object.hasOwn(Object.prototype, 'admin'), false)
    await closed
  })

test('all the while nobody else was harmed', async () => {
  await witness.ask({ type: 'publish', channel: 'open:witness', data: { all: 'well' } })
  assert.deepEqual((await witness.hears('event')).offset, 1)
  witness.socket.close()
})

function isOpen(channel: string): boolean {
  try {
    return Boolean(app.hub.rule(channel))
  } catch {
    return false
  }
}
