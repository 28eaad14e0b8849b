import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOf } from '#contract'
import type { Problem } from '#contract/common'
import { ConfigError, readConfig } from '../src/config.ts'
import { newTrace, traceparent } from '../src/telemetry.ts'
import { json, start } from './support.ts'

const { app, url } = await start()

test('is alive and ready, and gives figures', async () => {
  for (const path of ['/livez', '/readyz']) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 200)
    assert.deepEqual(checkOf('Health')(await answer.json()), [])
  }
  assert.match(await (await fetch(`${url}/metrics`)).text(), /http_request_seconds_count\{.*livez/)
})

test('is not ready while something that it needs is not', async () => {
  app.checks.set('database', () => false)
  const answer = await fetch(`${url}/readyz`)
  app.checks.clear()
  assert.equal(answer.status, 503)
  assert.deepEqual(await answer.json(), {
    status: 'unavailable',
    checks: { database: 'unavailable' },
  })
})

test('explains what it cannot find', async () => {
  const answer = await fetch(`${url}/nothing?here`)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  const problem = await json<Problem>(answer)
  assert.deepEqual(checkOf('Problem')(problem), [])
  assert.equal(problem.detail, 'There is nothing at GET /nothing.')
})

test('serves the page, and lets it load nothing from elsewhere', async () => {
  const answer = await fetch(url)
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'self'/)
  assert.match(await answer.text(), /<main/)
})

test('continues a trace, and begins one when there is none', () => {
  const id = 'a'.repeat(32)
  assert.deepEqual(newTrace(`00-${id}-${'b'.repeat(16)}-00`), { id, flags: '00' })
  assert.match(traceparent(newTrace(`00-${'0'.repeat(32)}-x`)), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
})

test('names a setting that cannot be used', () => {
  assert.throws(
    () => readConfig({ PORT: 'many' }),
    new ConfigError('PORT=many: must be a whole number from 0 to 65535'),
  )
  assert.throws(
    () => readConfig({ LOG_LEVEL: 'loud' }),
    /LOG_LEVEL=loud: must be one of info, trace/,
  )
  assert.equal(readConfig({ PORT: '' }).port, 3000)
})
