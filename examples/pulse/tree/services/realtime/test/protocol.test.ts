import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Client } from './client.ts'
import { start } from './support.ts'
import { close, frame, text, upgrade, Wire } from './wire.ts'

const { app, url } = await start({ TRUST_PROXY: 'on' })
const { host } = new URL(url)
app.server.headersTimeout = 1_000
const MAX = app.hub.limits.message
const request = (first: string) => upgrade().replace('GET /ws HTTP/1.1', first)
const version = (value?: string) => upgrade('/ws', { 'sec-websocket-version': value })
const key = (value?: string) => upgrade('/ws', { 'sec-websocket-key': value })
const protocol = (value: string) => upgrade('/ws', { 'sec-websocket-protocol': value })
const origin = (value: string) => upgrade('/ws', { host, origin: value })
const offer = (value: string) => upgrade('/ws', { 'sec-websocket-extensions': value })
const half = upgrade().slice(0, -2)

/** Node 24 leaves other upgrades to HTTP, which asks for one to a WebSocket. */
const ANOTHER = 'shouldUpgradeCallback' in createServer() ? 426 : 400

/** What is asked, and the status of the answer; 0 for none. */
const UPGRADES: [string, string | Buffer, number][] = [
  ['a legal request', upgrade(), 101],
  ['POST', request('POST /ws HTTP/1.1'), 405],
  ['HEAD', request('HEAD /ws HTTP/1.1'), 405],
  ['OPTIONS', request('OPTIONS /ws HTTP/1.1'), 405],
  ['CONNECT', request('CONNECT /ws HTTP/1.1'), 0],
  ['an unknown method', request('FETCH /ws HTTP/1.1'), 400],
  ['HTTP/1.0', request('GET /ws HTTP/1.0'), 400],
  ['HTTP/2.0', request('GET /ws HTTP/2.0'), 400],
  ['HTTP/9.9', request('GET /ws HTTP/9.9'), 400],
  ['no version of HTTP', request('GET /ws'), 400],
  ['no path', request('GET  HTTP/1.1'), 400],
  ['no host', upgrade('/ws', { host: undefined }), 403],
  ['another host', upgrade('/ws', { host: 'evil.example' }), 403],
  ['two hosts', `${half}host: evil.example\r\n\r\n`, 403],
  ['no upgrade', upgrade('/ws', { upgrade: undefined }), 426],
  ['an upgrade to nothing', upgrade('/ws', { upgrade: '' }), 426],
  ['an upgrade to something else', upgrade('/ws', { upgrade: 'h2c' }), ANOTHER],
  ['an upgrade to one of two', upgrade('/ws', { upgrade: 'websocket, h2c' }), ANOTHER],
  ['an upgrade that comes twice', `${half}upgrade: websocket\r\n\r\n`, ANOTHER],
  ['an upgrade in capitals', upgrade('/ws', { upgrade: 'WebSocket' }), 101],
  ['no connection header', upgrade('/ws', { connection: undefined }), 426],
  ['a connection to be closed', upgrade('/ws', { connection: 'close' }), 426],
  [
    'a connection to be kept and upgraded',
    upgrade('/ws', { connection: 'keep-alive, upgrade' }),
    101,
  ],
  ['no version', version(), 400],
  ['an empty version', version(''), 400],
  ['version 7', version('7'), 400],
  ['version 14', version('14'), 400],
  ['version -13', version('-13'), 400],
  ['two versions', version('13, 14'), 400],
  ['a version that is no number', version('thirteen'), 400],
  ['no key', key(), 400],
  ['an empty key', key(''), 400],
  ['a short key', key('AAAA'), 400],
  ['a long key', key('A'.repeat(64)), 400],
  ['a key without its end', key('A'.repeat(24)), 400],
  ['a key of other letters', key(`${'*'.repeat(22)}==`), 400],
  ['two keys', `${half}sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`, 400],
  ['an empty protocol', protocol(''), 400],
  ['a protocol with a space', protocol('a b'), 400],
  ['a protocol that comes twice', protocol('bearer, bearer'), 400],
  ['protocols without one between', protocol('a,,b'), 400],
  ['a protocol that ends with a comma', protocol('bearer,'), 400],
  ['a protocol in quotes', protocol('"bearer"'), 400],
  ['a thousand protocols', protocol([...Array(1_000).keys()].join()), 101],
  ['__proto__ as a protocol', protocol('__proto__, constructor'), 101],
  ['a page of ours', origin(url), 101],
  ['no origin to speak of', origin('null'), 403],
  ['an empty origin', origin(''), 403],
  ['another origin', origin('https://evil.example'), 403],
  ['our origin with a path', origin(`${url}/`), 403],
  ["somebody's name in our origin", origin(url.replace('//', '//ada@')), 403],
  ['another scheme', origin(`ws://${host}`), 403],
  ['our name as part of another', origin(`${url}.evil.example`), 403],
  ['two origins', origin(`${url}, https://evil.example`), 403],
  ['an origin that comes twice', `${origin(url).slice(0, -2)}origin: ${url}\r\n\r\n`, 403],
  ['an offer of compression', offer('permessage-deflate; client_max_window_bits'), 101],
  ['an offer that is broken', offer('permessage-deflate; server_max_window_bits=99; =;;'), 101],
  ['an offer without end', offer('x,'.repeat(4_000)), 101],
  ['junk for an address', upgrade('/ws', { 'x-forwarded-for': '__proto__, ::ffff:, 🙂' }), 101],
  ['__proto__ in the query', upgrade('/ws?__proto__[a]=1&constructor=2&name=__proto__'), 101],
  ['a bad escape in the query', upgrade('/ws?name=%zz%'), 101],
  ['an escape that is no UTF-8', upgrade('/ws?name=%ff%fe%00'), 101],
  ['a query of nothing', upgrade('/ws?'), 101],
  ['a long query', upgrade(`/ws?name=${'a'.repeat(8_000)}`), 101],
  ['a query without end', upgrade(`/ws?name=${'a'.repeat(20_000)}`), 431],
  ['a header without end', upgrade('/ws', { x: 'a'.repeat(20_000) }), 431],
  ['a header with NUL', upgrade('/ws', { x: 'a\0' }), 400],
  ['NUL in the path', upgrade('/ws\0'), 400],
  ['a space in the query', upgrade('/ws?a b'), 400],
  ['another path', upgrade('/wss'), 404],
  ['the path with an end', upgrade('/ws/'), 404],
  ['the path in capitals', upgrade('/WS'), 404],
  ['the path in escapes', upgrade('/%77s'), 404],
  ['the path behind a dot', upgrade('/./ws'), 404],
  ['the path by a detour', upgrade('/x/../ws'), 404],
  ['the path by a backslash', upgrade('\\ws'), 400],
  ['the path behind another host', upgrade('//evil.example/ws'), 404],
  ['the address of another host', upgrade('http://evil.example/ws'), 404],
  ['no address at all', upgrade('*'), 404],
  ['an address without end', upgrade('http://'), 404],
  ['a second request at once', upgrade('/other') + upgrade(), 404],
  ['a second request behind a refusal', version('7') + upgrade(), 400],
  ['half a request', half, 408],
  ['nothing but a method', 'GET ', 408],
  ['bytes of TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
]

for (const [what, bytes, expected] of UPGRADES)
  test(`upgrade: ${what}`, async () => {
    const wire = new Wire(url)
    const statuses = await wire.statuses(bytes)
    wire.socket.destroy()
    assert.deepEqual(statuses, expected ? [expected] : [])
  })

const PING = text('{"type":"ping"}')
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const many = (count: number, one: Buffer) => Buffer.concat(Array(count).fill(one))
const badText = (hex: string) => text(bytes(`22${hex}22`))
const ALONE = 'a frame that is not masked'

/** What is sent, and the code of the end; what does no harm is followed by a proper end, with 1000. */
const FRAMES: [string, Buffer | Buffer[], number][] = [
  [ALONE, bytes('81 02 7b7d'), 1002],
  ['a ping that is not masked', bytes('89 00'), 1002],
  ['an end that is not masked', bytes('88 02 03e8'), 1002],
  ...[0x90, 0xa0, 0xb0, 0xc0, 0xd0, 0xf0].map(
    (bits) =>
      [`reserved bits ${bits.toString(16)}`, frame(bits | 1, '{}'), 1002] as [
        string,
        Buffer,
        number,
      ],
  ),
  ['a ping with a reserved bit', frame(0xc9), 1002],
  ['an end with a reserved bit', frame(0xc8, bytes('03e8')), 1002],
  ['a continuation with a reserved bit', [frame(0x01, '{'), frame(0xc0, '}')], 1002],
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
    (opcode) => [`opcode ${opcode}`, frame(0x80 | opcode, '{}'), 1002] as [string, Buffer, number],
  ),
  ['a ping in pieces', frame(0x09), 1002],
  ['a pong in pieces', frame(0x0a), 1002],
  ['an end in pieces', frame(0x08, bytes('03e8')), 1002],
  ['a ping that is too long', frame(0x89, 'x'.repeat(126)), 1002],
  ['a pong that is too long', frame(0x8a, 'x'.repeat(126)), 1002],
  ['an end that is too long', close(1000, 'x'.repeat(124)), 1002],
  ['a ping whose length takes 16 bits', frame(0x89, 'x', 16), 1002],
  ['a ping whose length takes 64 bits', frame(0x89, 'x', 64), 1002],
  ['a ping of all it may carry', frame(0x89, 'x'.repeat(125)), 1000],
  ['a pong nobody asked for', frame(0x8a, 'x'), 1000],
  ['an end of one byte', frame(0x88, 'x'), 1002],
  ['an end without a code', frame(0x88), 1005],
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map(
    (code) => [`an end with ${code}`, close(code), 1002] as [string, Buffer, number],
  ),
  ...[1000, 1001, 1011, 3000, 4999].map(
    (code) => [`an end with ${code}`, close(code), code] as [string, Buffer, number],
  ),
  ['a reason that is no UTF-8', close(1000, bytes('ff')), 1007],
  ['a reason that breaks off', close(1000, bytes('e282')), 1007],
  ['something after the end', [close(1000), bytes('ffffffff')], 1000],
  ['a continuation of nothing', frame(0x80, '{}'), 1002],
  ['half a continuation of nothing', frame(0x00, '{}'), 1002],
  ['a continuation of what is over', [PING, frame(0x80, '{}')], 1002],
  ['a message within a message', [frame(0x01, '{'), text('{}')], 1002],
  ['bytes within a message', [frame(0x01, '{'), frame(0x82, '{}')], 1002],
  ['half a message within a message', [frame(0x01, '{'), frame(0x01, '}')], 1002],
  [
    'a message in pieces, and pings between',
    [frame(0x01, '{"type"'), frame(0x89), frame(0x80, ':"ping"}')],
    1000,
  ],
  ['a letter in two pieces', [frame(0x01, bytes('22c3')), frame(0x80, bytes('a422'))], 1000],
  ['an end within a message', [frame(0x01, '{'), close(1000)], 1000],
  ['bytes', frame(0x82, '{"type":"ping"}'), 1003],
  ['no bytes', frame(0x82), 1003],
  ['bytes in pieces', [frame(0x02, '{'), frame(0x80, '}')], 1003],
  ['no text', text(''), 1007],
  ['no text in pieces', [frame(0x01), frame(0x00), frame(0x80)], 1007],
  ['a lone continuation byte', badText('80'), 1007],
  ['a byte that is never used', badText('ff'), 1007],
  ['an overlong letter', badText('c080'), 1007],
  ['half a letter', badText('e2 82'), 1007],
  ['a surrogate in UTF-8', badText('eda080'), 1007],
  ['beyond Unicode', badText('f4908080'), 1007],
  ['UTF-16', text(Buffer.from('{"type":"ping"}', 'utf16le')), 1007],
  ['a mark of byte order', text('\ufeff{"type":"ping"}'), 1007],
  ['a length in 16 bits that fits 7', frame(0x81, '{"type":"ping"}', 16), 1000],
  ['a length in 64 bits that fits 7', frame(0x81, '{"type":"ping"}', 64), 1000],
  ['a length of all bits', bytes('81 ff ffffffffffffffff 00000000'), 1009],
  ['a length with the high bit', bytes('81 ff 8000000000000000 00000000'), 1009],
  ['a length beyond 53 bits', bytes('81 ff 0020000000000000 00000000'), 1009],
  ['a length of 2 GiB', bytes('81 ff 0000000080000000 00000000'), 1009],
  ['a length of 4 GiB', bytes('81 ff 0000000100000000 00000000'), 1009],
  ['as long as can be', text(`"${'x'.repeat(MAX - 2)}"`), 1000],
  ['one byte too long', text(`"${'x'.repeat(MAX - 1)}"`), 1009],
  ['one byte too long in pieces', [frame(0x01, 'x'.repeat(MAX)), frame(0x80, 'x')], 1009],
  [
    'too long in many pieces',
    [frame(0x01, '"'), many(MAX / 64, frame(0x00, 'x'.repeat(64)))],
    1009,
  ],
  ['pieces without end', [frame(0x01), many(20_000, frame(0x00))], 1008],
  ['messages without end', many(2_000, PING), 4029],
  ['more pings than can be answered', many(2_000, frame(0x89)), 0],
  ['pongs without end', many(2_000, frame(0x8a, 'x'.repeat(125))), 1000],
  ['half a frame', bytes('81'), 0],
  ['half a length', bytes('81 fe 01'), 0],
  ['half a mask', bytes('81 82 0000'), 0],
  ['half of what was promised', text('{"type":"ping"}').subarray(0, -1), 0],
  ['half a message', frame(0x01, '{"type":"ping"'), 0],
  ['nothing', Buffer.alloc(0), 0],
  ['HTTP', Buffer.from(upgrade()), 1002],
]

for (const [what, sent, expected] of FRAMES)
  test(`frame: ${what}`, async () => {
    const wire = new Wire(url)
    assert.deepEqual(await wire.statuses(upgrade()), [101])
    const all = Buffer.concat([sent].flat())
    if (expected === 0) wire.socket.end(all)
    else wire.socket.write(Buffer.concat([all, close(1000)]))
    const code = await wire.code()
    wire.socket.destroy()
    assert.equal(code, expected)
  })

test('pings count as messages do', async () => {
  const wire = new Wire(url)
  await wire.statuses(upgrade())
  const code = wire.code()
  wire.socket.on('data', () => wire.socket.write(frame(0x89)))
  wire.socket.write(frame(0x89))
  assert.equal(await code, 4029)
  wire.socket.destroy()
})

test('it serves on, and holds nothing', async () => {
  while ((await gauge('websocket_connections')) > 0) await new Promise(setImmediate)
  const client = await Client.connect(url)
  client.say({ type: 'ping' })
  await client.hears('pong')
  client.socket.close()
})

async function gauge(name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
}
