// Python alone: the model answers one and many, explains refusals, survives being killed, and learns from the history and from what came true.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { answers, browse, eventually, freePort, play, readDocs, repository, stop } from './lib.mjs'

const run = (...words) => promisify(execFile)('python3', ['tasks.py', ...words], { cwd: repository, maxBuffer: 1 << 26 })

await play(async (start) => {
  const port = await freePort()
  const ml = `http://127.0.0.1:${port}`
  const startPython = () => start('python3 tasks.py start ml', { ML_PORT: `${port}` })
  let service = startPython()
  await answers(`${ml}/readyz`, 90)

  const post = (path, body, type = 'application/json') => fetch(`${ml}${path}`, { method: 'POST', headers: { 'content-type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) })
  const row = { hour: 8, weekday: 1, last: 20, mean: 19, trend: 0.5 }
  const score = await (await post('/demand-forecast/score', row)).json()
  assert.ok(Number.isFinite(score.value), JSON.stringify(score))
  const batch = await (await post('/demand-forecast/score/batch', { rows: [row, row] })).json()
  assert.deepEqual(batch.values, [score.value, score.value])

  for (const [path, body, status, place] of [
    ['/demand-forecast/score', { ...row, hour: 24 }, 422, 'hour'],
    ['/demand-forecast/score', { ...row, hour: '8' }, 422, 'hour'],
    ['/demand-forecast/score', { ...row, extra: 1 }, 422, 'extra'],
    ['/demand-forecast/score', {}, 422, 'hour'],
    ['/demand-forecast/score', '{', 422, ''],
    ['/demand-forecast/score/batch', { rows: [row, { ...row, last: null }] }, 422, '/rows/1/last'],
    ['/demand-forecast/score/batch', { rows: [] }, 422, 'rows'],
    ['/nothing', {}, 404, ''],
    ['/readyz', {}, 405, ''],
  ]) {
    const response = await post(path, body)
    const problem = await response.text()
    assert.equal(response.status, status, `${path} ${JSON.stringify(body)}: ${problem}`)
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    assert.ok(problem.includes(place), problem)
  }
  assert.match(await (await answers(`${ml}/metrics`)).text(), /# HELP/)
  const traced = await fetch(`${ml}/demand-forecast`, { headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' } })
  assert.equal((await traced.json()).model, score.model)

  const { browser, page, errors, picture } = await browse(ml)
  await eventually('the model on the page', async () => assert.ok((await page.getByText(score.model.slice(0, 8)).count()) > 0))
  await page.locator('form button[type=submit], form button').first().click()
  await picture('foresight-light')
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0)
  await page.getByRole('link', { name: 'How it does' }).click()
  await page.getByRole('heading', { name: 'Watch' }).waitFor()
  await page.getByText('The service is up.').waitFor()
  await picture('foresight-watch-light')
  await page.getByRole('link', { name: 'Try it' }).click()
  assert.equal(page.url(), `${ml}/`)
  assert.deepEqual(errors, [])
  await browser.close()

  await readDocs(ml, 'foresight', 'API')

  await stop(service, 'SIGKILL')
  service = startPython()
  await answers(`${ml}/readyz`, 60)
  assert.deepEqual(await (await post('/demand-forecast/score', row)).json(), score, 'the same model after a restart')

  // The history beside it: what setup made is in the tables, and on the page.
  const dataPort = await freePort()
  const data = `http://127.0.0.1:${dataPort}`
  const history = start('python3 tasks.py start data', { DATA_PORT: `${dataPort}`, PIPELINE_EVERY: '1' })
  await answers(`${data}/readyz`, 90)
  const { sources } = await eventually('the sample in the tables', async () => {
    const found = await (await fetch(`${data}/demand-history/sources`)).json()
    assert.equal(found.sources.length, 6)
    return found
  }, 60)
  const charts = await browse(data, { colorScheme: 'light' })
  await eventually('a line for each source', async () => assert.equal(await charts.page.locator('#means svg polyline').count(), 6))
  assert.deepEqual(await charts.page.locator('#sources label').allInnerTexts(), sources.map(({ source }) => source))
  await charts.picture('foresight-history-light')
  assert.deepEqual(charts.errors, [])
  await charts.browser.close()

  // What it exports the model learns from, and is in service when it is good enough.
  const folder = await mkdtemp(join(tmpdir(), 'foresight-'))
  const { stdout } = await run('pipeline', 'export')
  assert.equal(stdout.trim().split('\n').length, 1 + sources.reduce((sum, { events }) => sum + events, 0))
  const file = join(folder, 'history.csv')
  await writeFile(file, stdout)
  const servedBy = (version) => eventually(`an answer of ${version}`, async () => {
    const answer = await (await post('/demand-forecast/score', row)).json()
    assert.equal(answer.model, version)
    return answer.value
  })
  const promoted = async (...words) => {
    const { stdout, stderr } = await run(...words)
    return /(\w+) is in service/.exec(stdout + stderr)?.[1] ?? stdout + stderr
  }
  const learned = await promoted('train', '--data', file)
  assert.notEqual(learned, score.model)
  const before = await servedBy(learned)
  const report = await browse(`file://${join(repository, 'services/ml/models', learned, 'report.html')}`, { viewport: { width: 360, height: 800 } })
  await report.picture('foresight-report-phone')
  const cut = await report.page.locator('.wide').evaluateAll((tables) => tables.map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))
  assert.deepEqual(cut, [0, 0], 'every column of the report is seen on a phone')
  await report.browser.close()

  // Since then all comes ten higher: the service is told, and answers so after a retraining, without a restart.
  const RISE = 10
  const rows = Array.from({ length: 800 }, (_, n) => {
    const last = 20 + ((n * 37) % 800) / 20
    return { hour: n % 24, weekday: n % 7, last, mean: last - 1, trend: 0.5 }
  })
  const { values } = await (await post('/demand-forecast/score/batch', { rows })).json()
  const tell = async (n) => assert.equal((await post('/demand-forecast/outcomes', { key: `told-${n}`, row: rows[n], outcome: values[n] + RISE })).status, 204)
  for (const n of rows.keys()) await tell(n)
  await tell(0)
  const watch = await (await fetch(`${ml}/demand-forecast/watch`)).json()
  assert.deepEqual([watch.outcomes.count, Math.round(watch.outcomes.error)], [rows.length, RISE])
  const taught = await promoted('retrain', '--data', file)
  assert.notEqual(taught, learned)
  assert.ok(Math.abs((await servedBy(taught)) - before - RISE) < RISE / 2)

  // The one before comes back for a reason alone; nothing but the registry is touched.
  const refused = await run('models', 'promote', learned).catch((error) => error)
  assert.match(`${refused.stderr}`, new RegExp(`${learned} is not promoted: .*${taught}, which is in service`))
  assert.equal(await promoted('models', 'promote', learned, '--force', 'the rise was an error'), learned)
  assert.equal(await servedBy(learned), before)
  assert.equal(await promoted('models', 'rollback'), taught)
  await servedBy(taught)
  await rm(folder, { recursive: true })
  assert.deepEqual([await stop(history), await stop(service)], [0, 0])
})
