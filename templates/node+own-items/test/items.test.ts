import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientOf } from '#client/http'
import { checkOf } from '#contract'
import { type Item, type Operations, operations } from '#contract/items'
import { ownDatabase } from './database.ts'
import { json, send, start } from './support.ts'

const { url } = await start(await ownDatabase())
const items = clientOf<Operations>(operations, { base: url })
const all = url + operations.listItems.path

test('an item is made, read, changed and removed', async () => {
  const made = await send(all, 'POST', { title: 'Write' })
  assert.equal(made.status, 201)
  const item = await json<Item>(made)
  assert.deepEqual(checkOf('Item')(item), [])
  const own = url + made.headers.get('location')
  assert.deepEqual(await json(fetch(own)), item)
  assert.deepEqual(await json(send(own, 'PATCH', { done: true })), { ...item, done: true })
  assert.equal((await fetch(own, { method: 'DELETE' })).status, 204)
  for (const method of ['GET', 'DELETE']) assert.equal((await fetch(own, { method })).status, 404)
})

test('the newest come first, page by page', async () => {
  for (const title of ['one', 'two', 'three']) await items.addItem({ body: { title } })
  const first = await items.listItems({ limit: 2 })
  const second = await items.listItems({ limit: 2, cursor: first.next ?? '' })
  const titles = [...first.items, ...second.items].map(({ title }) => title)
  assert.deepEqual(titles, ['three', 'two', 'one'])
  assert.equal(second.next, undefined)
  assert.equal((await fetch(`${all}?cursor=x`)).status, 422)
})

test('a repetition with the same key makes nothing new', async () => {
  const input = { body: { title: 'Once' }, 'idempotency-key': 'k' }
  const item = await items.addItem(input)
  assert.deepEqual(await items.addItem(input), item)
  assert.notEqual((await items.addItem({ ...input, 'idempotency-key': 'other' })).id, item.id)
})

test('what breaks the contract is refused', async () => {
  for (const body of [{}, { title: ' ' }, { title: 'a', more: 1 }, { title: 1 }])
    assert.equal((await send(all, 'POST', body)).status, 422, JSON.stringify(body))
  assert.equal((await fetch(`${all}/no-uuid`)).status, 422)
  assert.equal((await fetch(`${all}/${crypto.randomUUID()}`)).status, 404)
})
