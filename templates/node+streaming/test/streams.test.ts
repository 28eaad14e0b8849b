import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignJWT } from 'jose'
import { checkOf } from '#contract'
import type { Problem } from '#contract/common'
import { operations } from '#contract/stream'
import { json, send, start } from './support.ts'

const { url } = await start()
const demo = url + operations.feedStream.path.replace('{name}', 'demo')
const feed = (body: string | ReadableStream) =>
  fetch(demo, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
    duplex: 'half',
  } as RequestInit)

test('a line is with the reader before the sender has ended', async () => {
  const followed = await fetch(demo)
  const reader = followed.body?.getReader()
  const { readable, writable } = new TransformStream<string, string>()
  const fed = feed(readable.pipeThrough(new TextEncoderStream()))
  const writer = writable.getWriter()
  for (const n of [1, 2]) {
    await writer.write(`{"n":${n}}\n`)
    const event = JSON.parse(new TextDecoder().decode((await reader?.read())?.value))
    assert.deepEqual(checkOf('ChunkEvent')(event), [])
    assert.deepEqual(event.data, { n })
  }
  await writer.close()
  assert.deepEqual(await json(fed), { lines: 2 })
  await reader?.cancel()
})

test('a line that is no object is refused by its number', async () => {
  const deep = `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`
  for (const line of ['[1]', 'text', deep]) {
    const answer = await feed(`{"n":1}\n\n${line}\n`)
    assert.equal(answer.status, 422)
    assert.match((await json<Problem>(answer)).detail ?? '', /^Line 2 /)
  }
})

test('what is no stream of lines is refused', async () => {
  const nothing = await fetch(demo, { method: 'POST' })
  assert.deepEqual([nothing.status, (await send(demo, 'POST', {})).status], [415, 415])
})

test('a line without end is refused', async () => {
  const answer = await feed('x'.repeat(100_000))
  assert.equal(answer.status, 413)
})

test('who follows a stream is heard no longer than the token counts', async () => {
  const AUTH_SECRET = 'x'.repeat(32)
  const { url } = await start({ AUTH_SECRET, HEARTBEAT_MS: '200' })
  const token = await new SignJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(Date.now() / 1_000) + 2)
    .sign(Buffer.from(AUTH_SECRET))
  const path = operations.followStream.path.replace('{name}', 'demo')
  const followed = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(followed.status, 200)
  assert.equal(await followed.text(), '')
})
