// The page of the data service in a browser: it asks for the token, shows what the tables hold, filters, and says what is wrong.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { answers, browse, eventually, freePort, play, readDocs, stop } from './lib.mjs'

const DAYS = ['2026-01-04', '2026-01-05', '2026-01-06']
const SOURCES = Array.from({ length: 8 }, (_, at) => `gauge ${at} & co`)
const TOKEN = { authorization: 'Bearer secret' }

const folder = await mkdtemp(join(tmpdir(), 'dashboard-'))
await play(async (start) => {
  const port = await freePort()
  const data = `http://127.0.0.1:${port}`
  const env = { DATA_PORT: `${port}`, DATA_FOLDER: folder, SERVICE_TOKEN: 'secret', PIPELINE_EVERY: '0.5', LOG_LEVEL: 'warn' }
  let service = start('python3 tasks.py start data', env)
  await answers(`${data}/readyz`, 90)
  const { openapi } = await (await fetch(`${data}/docs/contract.json`)).json()
  const paths = Object.values(openapi).flatMap((document) => Object.entries(document.paths))
  const pathOf = (id) => paths.find(([, item]) => Object.values(item).some(({ operationId }) => operationId === id))[0]
  const ask = async (id, search = '') => (await fetch(`${data}${pathOf(id)}${search}`, { headers: TOKEN })).json()

  const { browser, page, errors, picture } = await browse(data)
  const status = page.locator('#state')

  // Only who knows the token sees anything.
  await page.locator('dialog input').fill('guessed')
  await page.keyboard.press('Enter')
  await page.getByText('Not that one').waitFor()
  await page.locator('dialog input').fill('secret')
  await page.keyboard.press('Enter')
  await page.getByText('No run yet').waitFor()
  await page.getByText('Nothing yet.').waitFor()
  assert.equal(await page.locator('dialog').count(), 0)

  // Eight sources, three days, four hours of each; the fifth and last hour comes twice, and one row is bad.
  const events = SOURCES.flatMap((source, at) =>
    DAYS.flatMap((day, number) => [0, 1, 2, 3].map((hour) => ({ id: randomUUID(), source, at: `${day}T0${hour}:10:00Z`, value: 10 * at + 2 * number + hour / 4 }))),
  )
  const send = async (batch) => {
    const answer = await fetch(`${data}${pathOf('ingestEvents')}`, { method: 'POST', headers: { ...TOKEN, 'content-type': 'application/json' }, body: JSON.stringify({ events: batch }) })
    assert.equal(answer.status, 202, await answer.text())
  }
  await send(events)
  await eventually('all in the tables', async () => assert.equal((await ask('describePipeline')).events, events.length), 60)
  assert.deepEqual((await ask('listSources')).sources.map(({ source, events }) => [source, events]), SOURCES.map((source) => [source, 12]))
  await page.reload() // the tab still knows the token

  const boxes = page.locator('#sources input')
  const drawn = () => page.locator('#means svg polyline').evaluateAll((all) => all.map((line) => [line.getAttribute('stroke'), [...line.points].map(({ x, y }) => [x, y])]))
  const cells = (place) => page.locator(`${place} tbody tr`).evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)))

  /** The lines and the table on the page hold what the API says to the same question. */
  async function shows(search, count) {
    const { rows } = await ask('readTable', search)
    assert.equal(rows.length, count, search)
    const mean = ({ total, events }) => total / events
    await eventually(`${count} rows on the page`, async () => {
      const told = rows.map((row) => [row.at.slice(0, 16).replace('T', ' '), row.source, ...[mean(row), row.least, row.most, row.events].map((value) => value.toLocaleString('en-US', { maximumFractionDigits: 2 }))])
      assert.deepEqual(await cells('#means'), told)
    })
    const names = [...new Set(rows.map(({ source }) => source))]
    const lines = await drawn()
    assert.equal(lines.length, names.length)
    // From two points of the chart the scale is known, then every other has its place.
    const all = names.map((name) => rows.filter(({ source }) => source === name).map((row) => [Date.parse(row.at), mean(row)]))
    const flat = lines.flatMap(([, points]) => points)
    for (const axis of [0, 1]) {
      const values = all.flat().map((point) => point[axis])
      const places = flat.map((point) => point[axis])
      const [low, high] = [values.indexOf(Math.min(...values)), values.indexOf(Math.max(...values))]
      const scale = (places[high] - places[low]) / (values[high] - values[low] || 1)
      assert.ok(axis === 0 ? scale > 0 : scale < 0, 'later is further right, more is higher')
      for (const [at, value] of values.entries()) assert.ok(Math.abs(places[low] + (value - values[low]) * scale - places[at]) < 0.1, `${search}: ${value} is not at ${places[at]}`)
    }
    return Object.fromEntries(names.map((name, at) => [name, lines[at][0]]))
  }
  const asked = (sources) => new URLSearchParams(sources.map((source) => ['source', source]))

  // At first the daily means of six; each source has its colour whatever else is shown.
  const colours = await shows(`?table=daily&${asked(SOURCES.slice(0, 6))}`, 18)
  assert.equal(await boxes.count(), 8)
  assert.equal(new Set(Object.values(colours)).size, 6)
  await eventually('the run', async () => assert.match(await status.innerText(), /^Run \d+ ended .*; \d+ files? wait/))
  await picture('dashboard-light')
  for (const at of [0, 1, 2, 4]) await boxes.nth(at).uncheck()
  await boxes.nth(7).check()
  const show = page.getByRole('button', { name: 'Show' })
  await show.click()
  const chosen = [3, 5, 7].map((at) => SOURCES[at])
  const kept = await shows(`?table=daily&${asked(chosen)}`, 9)
  assert.deepEqual([kept[SOURCES[3]], kept[SOURCES[5]]], [colours[SOURCES[3]], colours[SOURCES[5]]])
  await page.locator('select').selectOption('hourly')
  await page.getByLabel('From').fill(DAYS[1])
  await page.getByLabel('To', { exact: true }).fill(DAYS[1])
  await show.click()
  await shows(`?table=hourly&from=${DAYS[1]}&to=${DAYS[1]}&${asked(chosen)}`, 12)
  assert.equal(await page.locator('#error').innerText(), '')

  // What came twice and what was bad is told too.
  await send(events.slice(0, 20).map((event) => ({ ...event, id: randomUUID(), at: `${DAYS[2]}T05:00:00Z` })))
  await eventually('more events', async () => assert.equal((await ask('describePipeline')).events, events.length + 20), 60)
  await show.click()
  await eventually('counts', async () => {
    const { events, duplicates, rejected } = await ask('describePipeline')
    assert.deepEqual(await cells('#counts'), [['Accepted', `${events}`], ['Duplicates', `${duplicates}`], ['Rejected', `${rejected}`]])
  })

  // What is wrong is said; what was shown stays.
  const says = (text) => eventually(text, async () => assert.ok((await page.locator('#error').innerText()).includes(text), await page.locator('#error').innerText()))
  await page.getByLabel('To', { exact: true }).fill(DAYS[0])
  await show.click()
  await says('query/to: Value error, is before from')
  assert.equal((await cells('#means')).length, 12)
  await page.getByLabel('To', { exact: true }).fill(DAYS[1])
  for (const at of [3, 5, 7]) await boxes.nth(at).uncheck()
  await show.click()
  await says('Tick at least one source.')
  await boxes.nth(3).check()
  await stop(service, 'SIGKILL')
  await show.click()
  await says('The service does not answer. Is it running?')
  await picture('dashboard-error')
  service = start('python3 tasks.py start data', env)
  await answers(`${data}/readyz`, 90)
  await show.click()
  await shows(`?table=hourly&from=${DAYS[1]}&to=${DAYS[1]}&${asked([SOURCES[3]])}`, 4)
  assert.equal(await page.locator('#error').innerText(), '')

  // On a phone nothing is cut off.
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 375, height: 800 })
  await show.click()
  await eventually('a narrower chart', async () => assert.ok((await page.locator('#means svg').getAttribute('viewBox')).startsWith('0 0 3')))
  await picture('dashboard-phone-dark')
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0)
  assert.deepEqual(errors, [])
  await browser.close()
  await readDocs(data, 'dashboard')
  assert.equal(await stop(service), 0)
})
