import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { Access, type Right } from '../src/access.ts'
import { ConfigError } from '../src/config.ts'
import type { Refusal } from '../src/contract.ts'

const SECRET = randomBytes(32).toString('hex')
const EXPECTED = { AUTH_ISSUER: 'https://issuer.example', AUTH_AUDIENCE: 'service' }
const now = Math.floor(Date.now() / 1000)
const CLAIMS = { sub: 'ada', exp: now + 3_600, iss: EXPECTED.AUTH_ISSUER, aud: 'service' }

// The issuer: its keys change, and it is not always well.
const pair = { extractable: true }
const [rsa, ed, other] = await Promise.all([
  generateKeyPair('RS256', pair),
  generateKeyPair('EdDSA', pair),
  generateKeyPair('RS256', pair),
])
const published = async (key: CryptoKey, kid: string) => ({ ...(await exportJWK(key)), kid })
const [one, two, evil] = await Promise.all([
  published(rsa.publicKey, 'one'),
  published(ed.publicKey, 'two'),
  published(other.publicKey, 'one'),
])
const symmetric = { kty: 'oct', kid: 'oct', k: Buffer.from(SECRET).toString('base64url') }
const issuer = { keys: [one, two, symmetric] as object[], status: 200, silent: false, asked: 0 }
const server = createServer((_, response) => {
  issuer.asked++
  if (issuer.silent) return
  response.writeHead(issuer.status).end(JSON.stringify({ keys: issuer.keys }))
}).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close().closeAllConnections())
const AUTH_JWKS_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`

const shared = new Access({ AUTH_SECRET: SECRET, ...EXPECTED })
const remote = new Access({ AUTH_JWKS_URL, ...EXPECTED })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const signed = (claims: JWTPayload, key: CryptoKey | Uint8Array, alg: string, kid?: string) =>
  new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key)
const bySecret = (claims: JWTPayload = {}) => signed(claims, Buffer.from(SECRET), 'HS256')
const good = await bySecret()
const goodRsa = await signed({}, rsa.privateKey, 'RS256', 'one')

const written = (part: unknown) => (typeof part === 'string' ? part : JSON.stringify(part))
const base64 = (part: unknown) => Buffer.from(written(part)).toString('base64url')
/** A token as no library would make it. */
function forged(header: unknown, claims: unknown = CLAIMS, key: string = SECRET, hash = 'sha256') {
  const said = `${base64(header)}.${base64(claims)}`
  return `${said}.${createHmac(hash, key).update(said).digest('base64url')}`
}
const HS = { alg: 'HS256' }
const claiming = (claims: object) => forged(HS, { ...CLAIMS, ...claims })
const rest = JSON.stringify(CLAIMS).slice(1)
const [head = '', body = '', signature = ''] = good.split('.')

/** Status with which somebody is refused; 200 for nobody. */
const statusOf = (access: Access, headers: IncomingHttpHeaders) =>
  access.identify(headers).then(
    () => 200,
    ({ statusCode }: Refusal) => statusCode,
  )

const BAD_CLAIMS: object[] = [
  ...[now - 60, undefined, null, `${now + 60}`, {}, [now + 60], true].map((exp) => ({ exp })),
  ...[now + 60, 'soon', null, []].map((nbf) => ({ nbf })),
  ...['https://evil.example', undefined, null, [EXPECTED.AUTH_ISSUER]].map((iss) => ({ iss })),
  ...['other', undefined, null, [], ['other'], { 0: 'service' }].map((aud) => ({ aud })),
  ...['', undefined, null, 7, {}, ['ada'], 'a'.repeat(256)].map((sub) => ({ sub })),
  ...[null, 7, {}, ['Ada'], true].map((name) => ({ name })),
  ...['a', null, {}, [1], [['a']], [null], { 0: 'a', length: 1 }].map((read) => ({ read })),
  ...['*', 7, true, [{}], ['a', 0]].map((publish) => ({ publish })),
]
const BAD_PAYLOADS = [
  `{"read":${'['.repeat(2_000)}${']'.repeat(2_000)},${rest}`,
  `{"read":[${'{"a":'.repeat(900)}1${'}'.repeat(900)}],${rest}`,
  `{"a":${'['.repeat(5_000)}`,
  `{"__proto__":{"sub":"ada"},${rest.replace('"sub"', '"sum"')}`,
  `{"__proto__":{"exp":${CLAIMS.exp}},${rest.replace('"exp"', '"exe"')}`,
  `{"constructor":{"prototype":{"sub":"ada"}},${rest.replace('"sub"', '"sum"')}`,
  `{${rest.replace('{', '').slice(0, -1)},"sub":7}`,
  ...['', '[]', 'null', '1', '"ada"', '{', `{${rest}}`, `${JSON.stringify(CLAIMS)},`, '\u0000'],
]
const BAD_TOKENS = [
  ...BAD_CLAIMS.map(claiming),
  ...BAD_PAYLOADS.map((payload) => forged(HS, payload)),
  ...['none', 'None', 'NONE', 'hs256', 'HS256 ', '', null, 7, ['HS256'], {}, 'RS256', 'EdDSA'].map(
    (alg) => forged({ alg }),
  ),
  `${base64({ alg: 'none' })}.${body}.`,
  forged({}),
  forged({ alg: 'HS384' }, CLAIMS, SECRET, 'sha384'),
  forged({ alg: 'HS512' }, CLAIMS, SECRET, 'sha512'),
  ...[['exp'], ['b64'], ['x'], [], 'x', null].map((crit) => forged({ ...HS, crit, x: 1 })),
  forged({ ...HS, b64: false, crit: ['b64'] }),
  ...['[]', 'null', '{', '"HS256"', `{"__proto__":{"alg":"HS256"}}`].map((one) => forged(one)),
  forged(HS, CLAIMS, ''),
  forged(HS, CLAIMS, SECRET.slice(1)),
  forged(HS, CLAIMS, Buffer.from(SECRET, 'hex').toString('latin1')),
  `${head}.${base64({ ...CLAIMS, sub: 'eve' })}.${signature}`,
  ...[`${head}.${body}`, `${head}.${body}.`, `.${body}.${signature}`, `${head}..${signature}`],
  ...[`${good}.`, `.${good}`, `${good}.${signature}`, `${good}..`, good.slice(0, -1), '..', '.'],
  ...[`${head}.${body}.${signature.slice(2)}`, `${good}A`, good.toUpperCase(), `${good}=é`],
  ...['null', 'undefined', 'a.b.c', '%00', '💥', good.replace('.', '\u2024')],
  ...[8_192, 100_000, 5_000_000].map((length) => `${good}${'A'.repeat(length)}`),
  claiming({ more: 'x'.repeat(9_000) }),
]
const BAD_HEADERS: IncomingHttpHeaders[] = [
  {},
  ...['', 'Bearer', 'Bearer ', good, `Basic ${good}`, `Token ${good}`, `Bearer: ${good}`],
  ...[`Bearer ${good} x`, `Bearer ${good},`, `Bearer ${good}, Bearer ${good}`, `Bearer "${good}"`],
  ...[`Bearer\t${good}`, ` Bearer ${good}`, `Bеarer ${good}`, `Bearer\n${good}`, `Bearer${good}`],
]
  .map((said) => (typeof said === 'string' ? { authorization: said } : said))
  .concat(
    [
      '',
      'bearer',
      'bearer,',
      good,
      `${good}, bearer`,
      `bearer, ${good}, ${good}`,
      `x, ${good}`,
    ].map((offered) => ({ 'sec-websocket-protocol': offered })),
    { ...bearer('x'), 'sec-websocket-protocol': `bearer, ${good}` },
    { cookie: `bearer=${good}` },
  )

test('no bad token and no bad header gets anyone in, and none keeps the good ones out', async () => {
  const all = [...BAD_TOKENS.map(bearer), ...BAD_HEADERS]
  for (const headers of all) {
    assert.equal(await statusOf(shared, headers), 401, JSON.stringify(headers).slice(0, 2_000))
    assert.equal((await shared.identify(bearer(good))).id, 'ada')
  }
  assert.equal('sub' in {}, false)
})

test('only what the keys of the issuer signed gets in', async () => {
  const pem = await exportSPKI(rsa.publicKey)
  const sign = (header: object, key = other.privateKey, claims: JWTPayload = CLAIMS) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(key)
  const kid = 'one'
  const bad = [
    ...[pem, pem.trim(), JSON.stringify(one), one.n ?? '', ''].flatMap((key) =>
      [{ ...HS, kid }, HS].map((header) => forged(header, CLAIMS, key)),
    ),
    forged({ ...HS, kid: 'oct' }),
    forged({ alg: 'none', kid }),
    ...['__proto__', 'constructor', 'two', '', 'nobody', `${'../'.repeat(9)}dev/null`].map((kid) =>
      sign({ kid }, rsa.privateKey),
    ),
    ...[{}, [], 7, null, '\u0000'].map((kid) => forged({ alg: 'RS256', kid })),
    ...[{ kid }, {}, { kid, jwk: evil }, { kid, jku: 'http://127.0.0.1:1/' }].map((one) =>
      sign(one),
    ),
    sign({ kid, x5u: 'http://127.0.0.1:1/', x5c: ['AAAA'] }),
    signed({}, ed.privateKey, 'EdDSA', 'one'),
    ...[{ exp: now - 60 }, { nbf: now + 60 }, { iss: 'x' }, { aud: 'x' }, { read: 'x' }].map(
      (claims) => signed(claims, rsa.privateKey, 'RS256', kid),
    ),
    good,
  ]
  for (const token of await Promise.all(bad)) {
    assert.equal(await statusOf(remote, bearer(token)), 401, token)
    assert.equal((await remote.identify(bearer(goodRsa))).id, 'ada')
  }
  assert.equal(issuer.asked, 1)
  assert.equal(await statusOf(remote, bearer(await signed({}, ed.privateKey, 'EdDSA', 'two'))), 200)
})

test('keys that are new count soon, those that are gone no more', async ({ mock }) => {
  mock.timers.enable({ apis: ['Date'], now: Date.now() })
  const later = await signed({}, other.privateKey, 'RS256', 'three')
  issuer.keys = [await published(other.publicKey, 'three')]
  assert.equal(await statusOf(remote, bearer(later)), 401)
  mock.timers.tick(31_000)
  assert.equal(await statusOf(remote, bearer(later)), 200)
  assert.equal(await statusOf(remote, bearer(goodRsa)), 401)
})

test('while the issuer is not well nobody is told off, and it is left in peace', async ({
  mock,
}) => {
  issuer.keys = [one]
  const ill = [{ status: 500 }, { status: 302 }, { keys: [7] }, { silent: true }, { keys: 'x' }]
  for (const state of ill) {
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const well = { ...issuer, asked: 0 }
    Object.assign(issuer, { asked: 0 }, state)
    const access = new Access({ AUTH_JWKS_URL, ...EXPECTED })
    for (const token of [goodRsa, goodRsa, goodRsa])
      assert.equal(await statusOf(access, bearer(token)), 503, JSON.stringify(state))
    assert.equal(issuer.asked, 1)
    assert.equal(await statusOf(access, bearer('x')), 401)
    Object.assign(issuer, well)
    mock.timers.tick(31_000)
    assert.equal(await statusOf(access, bearer(goodRsa)), 200)
    mock.timers.reset()
  }
  const gone = new Access({ AUTH_JWKS_URL: 'http://127.0.0.1:1/', ...EXPECTED })
  assert.equal(await statusOf(gone, bearer(goodRsa)), 503)
})

test('a token tells who comes, until when, and where to', async () => {
  const headers = { 'sec-websocket-protocol': `bearer, ${await bySecret({ name: ' Ada ' })}` }
  const ada = await shared.identify(headers)
  assert.deepEqual([ada.id, ada.name, ada.expires], ['ada', 'Ada', CLAIMS.exp * 1_000])
  assert.equal((await shared.identify({ authorization: `bearer  ${good}` })).name, 'ada')
  const named = await shared.identify(bearer(await bySecret({ name: 'x'.repeat(100) })))
  assert.equal(named.name.length, 60)
  const rights: [object, Right, string, boolean][] = [
    [{}, 'read', 'a', true],
    [{}, 'publish', 'a', true],
    [{ read: [] }, 'read', 'a', false],
    [{ read: [] }, 'publish', 'a', true],
    [{ read: ['a'] }, 'read', 'a', true],
    [{ read: ['a'] }, 'read', 'ab', false],
    [{ read: ['a*'] }, 'read', 'ab', true],
    [{ read: ['a*'] }, 'read', 'ba', false],
    [{ read: ['a*b'] }, 'read', 'axb', false],
    [{ read: ['*'] }, 'read', '', true],
    [{ read: ['.*'] }, 'read', 'a', false],
    [{ publish: ['a', 'b:*'] }, 'publish', 'b:c', true],
    [{ publish: ['a', 'b:*'] }, 'publish', 'c', false],
    [{ publish: ['A'] }, 'publish', 'a', false],
    [{ __proto__: { read: ['*'] }, read: [] }, 'read', 'a', false],
  ]
  for (const [claims, right, channel, may] of rights) {
    const identity = await shared.identify(bearer(claiming(claims)))
    assert.equal(identity.may(right, channel), may, JSON.stringify([claims, right, channel]))
  }
})

test('a page may use the connection if it is ours, or listed', () => {
  const access = new Access({ ALLOWED_ORIGINS: 'https://a.example, https://b.example:8443' })
  const table: [string | undefined, string, boolean][] = [
    [undefined, 'x', true],
    ['http://x', 'x', true],
    ['https://x', 'X', true],
    ['http://x:3000', 'x:3000', true],
    ['http://[::1]:3000', '[::1]:3000', true],
    ['https://a.example', 'x', true],
    ['https://b.example:8443', 'x', true],
    ['', '', false],
    ['null', 'null', false],
    ['null', 'x', false],
    ['http://x:3001', 'x:3000', false],
    ['http://x:80', 'x:80', false],
    ['http://X', 'x', false],
    ['HTTP://x', 'x', false],
    ['http://x.', 'x', false],
    ['http://x', 'x.', false],
    ['http://x@y', 'y', false],
    ['http://y@x', 'y', false],
    ['http://x:3000@y', 'x:3000', false],
    ['http://x/', 'x', false],
    ['http://x/#', 'x', false],
    ['http://x, http://y', 'x', false],
    ['http://x http://y', 'y', false],
    ['x', 'x', false],
    ['//x', 'x', false],
    ['ftp://x', 'x', false],
    ['file://', '', false],
    ['chrome-extension://x', 'x', false],
    ['http://[0:0:0:0:0:0:0:1]', '[::1]', false],
    ['http://127.1', '127.0.0.1', false],
    ['http://localhost', '127.0.0.1', false],
    ['http://x.y', 'y', false],
    ['http://y', 'x.y', false],
    ['http://x', '', false],
    ['http://a.example', 'x', false],
    ['https://a.example:8443', 'x', false],
    ['https://a.example.evil', 'x', false],
    ['https://c.a.example', 'x', false],
  ]
  for (const [origin, host, passes] of table)
    assert.equal(
      access.allowsOrigin({ host, ...(origin !== undefined && { origin }) }),
      passes,
      `${origin} ${host}`,
    )
})

test('where nobody signs in only this machine gets in, under its own name', async () => {
  const access = new Access({})
  const local = [
    'localhost',
    'LOCALHOST:1',
    'localhost:3000',
    '127.0.0.1',
    '127.0.0.1:80',
    '[::1]:3000',
  ]
  for (const host of local) assert.equal(await statusOf(access, { host }), 200, host)
  const elsewhere = [
    ...['', 'example.com', 'localhost.evil.example', 'evil-localhost', 'localhost@evil.example'],
    ...['127.0.0.1.evil.example', '127.0.0.1:80:80', '127.0.0.2', '127.1', '2130706433', '0.0.0.0'],
    ...[
      'localhost.',
      'localhost, evil.example',
      'localhost:',
      '::1',
      '[::1',
      '[::]',
      '192.168.0.1',
    ],
    ...[
      'localhost:x',
      ' localhost',
      'localhost/',
      '[::ffff:127.0.0.1]',
      'locаlhost',
      'http://localhost',
    ],
  ]
  for (const host of elsewhere) assert.equal(await statusOf(access, { host }), 403, host)
  assert.equal(await statusOf(access, {}), 403)
  const host = 'localhost'
  const guest = (query: string) => access.identify({ host }, new URLSearchParams(query))
  const [ada, again, ben] = await Promise.all(['client=a&name=+Ada+', 'client=a', ''].map(guest))
  assert.equal(ada?.name, 'Ada')
  assert.match(`${ada?.id}`, /^[0-9a-f]{16}$/)
  assert.equal(again?.id, ada?.id)
  assert.notEqual(ben?.id, (await guest('')).id)
  assert.equal(ben?.name, `guest ${ben?.id.slice(0, 4)}`)
  assert.equal((await guest(`name=${'x'.repeat(100)}`)).name.length, 60)
})

test('settings that would let anyone in by mistake are refused', () => {
  const bad: [Record<string, string>, RegExp][] = [
    [{ HOST: '0.0.0.0' }, /^HOST=0\.0\.0\.0: .*AUTH_JWKS_URL.*AUTH_SECRET.*AUTH=open/],
    [{ HOST: '::' }, /^HOST=::: /],
    [{ HOST: '192.168.0.1', AUTH: 'yes' }, /AUTH=open/],
    [{ AUTH_SECRET: 'x'.repeat(31) }, /^AUTH_SECRET: must be at least 32 bytes long$/],
    [{ AUTH_SECRET: SECRET, AUTH_JWKS_URL }, /only one of them/],
    [{ AUTH_JWKS_URL: 'file:///keys' }, /^AUTH_JWKS_URL=/],
    ...['https://x/', '*', 'x', 'null', 'https://x:443', 'https://a, https://b/c'].map(
      (list) =>
        [{ ALLOWED_ORIGINS: list }, /^ALLOWED_ORIGINS=/] as [Record<string, string>, RegExp],
    ),
  ]
  for (const [env, message] of bad)
    assert.throws(
      () => new Access(env),
      (error: Error) => error instanceof ConfigError && message.test(error.message),
      JSON.stringify(env),
    )
  for (const env of [{ AUTH: 'open' }, { AUTH_SECRET: SECRET }, { AUTH_JWKS_URL }])
    assert.equal(new Access({ HOST: '0.0.0.0', ...env }).open, 'AUTH' in env)
})
