import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Process } from './process.ts'

const socketTo = (url: string) => connect(Number(new URL(url).port), '127.0.0.1')

test('ends in order: who waits on a connection is let go, who has asked is answered', async () => {
  const service = new Process()
  const url = await service.url()
  const agent = new Agent({ keepAlive: true })
  const [answer] = await once(get(`${url}/livez`, { agent }), 'response')
  answer.resume()
  const asked = socketTo(url)
  let heard = ''
  asked.on('data', (data) => {
    heard += data
  })
  const head = 'POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n'
  asked.write(`${head}content-length: 2\r\n\r\n{`)
  await fetch(`${url}/livez`) // by then the half request has arrived
  service.child.kill('SIGTERM')
  await service.says(/draining/)
  asked.write('}')
  await once(asked, 'close')
  assert.match(heard, /^HTTP\/1.1 404 /)
  assert.equal(await service.ended, 0)
  agent.destroy()
})

test('is not ready any more, but serves on until a balancer has seen it', async () => {
  const service = new Process({ DRAIN_WAIT_MS: '1500' })
  const url = await service.url()
  assert.equal((await fetch(`${url}/readyz`)).status, 200)
  service.child.kill('SIGTERM')
  await service.says(/draining/)
  assert.equal((await fetch(`${url}/readyz`)).status, 503)
  assert.equal((await fetch(`${url}/docs/contract.json`)).status, 200)
  assert.equal(await service.ended, 0)
})

test('cuts off who does not end', async () => {
  const service = new Process({ DRAIN_MS: '100' })
  const asked = socketTo(await service.url())
  asked.write(
    'POST /nothing HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{',
  )
  asked.on('error', () => {})
  await fetch(`${await service.url()}/livez`)
  service.child.kill('SIGINT')
  assert.equal(await service.ended, 0)
})

test('a second signal ends it at once', async () => {
  const service = new Process({ DRAIN_WAIT_MS: '600000' })
  await service.url()
  service.child.kill('SIGTERM')
  await service.says(/draining/)
  service.child.kill('SIGINT')
  assert.equal(await service.ended, 1)
})

for (const [what, accident] of Object.entries({
  'an error': "process.on('SIGUSR2', () => { throw new Error('by accident') })",
  'a promise': "process.on('SIGUSR2', () => { Promise.reject(new Error('by accident')) })",
}))
  test(`${what} that nobody catches is logged, and ends it`, async () => {
    const service = new Process({}, ['--import', `data:text/javascript,${accident}`])
    await service.url()
    service.child.kill('SIGUSR2')
    assert.equal(await service.ended, 1)
    const { level, message, err } = service.lines().at(-1) as {
      level: string
      message: string
      err: { stack: string }
    }
    assert.deepEqual([level, message], ['fatal', 'by accident'])
    assert.match(err.stack, /^Error: by accident\n +at /)
  })

test('says in one line why it cannot start', async () => {
  const wrong = new Process({ PORT: 'many' })
  assert.equal(await wrong.ended, 1)
  assert.equal(wrong.err, 'error: PORT=many: must be a whole number from 0 to 65535\n')
  const first = new Process()
  const { port } = new URL(await first.url())
  const second = new Process({ PORT: port })
  assert.equal(await second.ended, 1)
  assert.match(second.err, /^error: .*EADDRINUSE.*\n$/)
})

test('a request is one line with its trace, an error another; neither tells secrets', async () => {
  const app = new URL('../src/app.ts', import.meta.url).href
  const code = `
    const { createApp } = await import('${app}')
    const app = await createApp(process.env)
    app.get('/broken', ({ headers }) => {
      throw Object.assign(new Error('broken', { cause: new Error('why') }), { headers, request: headers })
    })
    await app.listen({ host: '127.0.0.1', port: 0 })`
  const service = new Process({ LOG_LEVEL: 'trace', SERVICE_TOKEN: 'secret' }, [
    '--input-type=module',
    '-e',
    code,
  ])
  const url = await service.url()
  const id = 'a'.repeat(32)
  const headers = {
    traceparent: `00-${id}-${'b'.repeat(16)}-01`,
    authorization: 'Bearer secret',
    cookie: 'session=secret',
    'content-type': 'application/json',
  }
  const answer = await fetch(`${url}/broken?token=secret`, { headers })
  assert.ok(!(await answer.text()).includes('broken'))
  await fetch(`${url}/nothing?token=secret`, {
    method: 'POST',
    headers,
    body: '{"secret":"secret"}',
  })
  await fetch(`${url}/nothing?token=secret`, { method: 'POST', headers, body: '{"secret":secret}' })
  await service.says(/(answered.*\s.*){3}/)
  service.child.kill('SIGKILL')
  await service.ended
  assert.doesNotMatch(service.out, /secret/)
  const told = service.lines().filter(({ trace }) => trace === id)
  assert.deepEqual(
    told.map(({ level, message, path, status }) => [level, message, path, status]),
    [
      ['error', 'broken', undefined, undefined],
      ['info', 'answered', '/broken', 500],
      ['info', 'answered', '/nothing', 404],
      ['info', 'answered', '/nothing', 400],
    ],
  )
  assert.match(JSON.stringify(told[0]), /"stack":"Error: broken.*"message":"why"/)
})
