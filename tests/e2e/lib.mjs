// What the scenarios share: services as processes, waiting, a browser. Everything is stopped by its own process id.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export const [, , repository, pictures] = process.argv
const running = new Set()

/** A free port on loopback. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Starts a command line of the repository in a process group of its own. */
export function start(line, env, folder = '.') {
  const [command, ...words] = line.split(' ')
  const child = spawn(command, words, { cwd: join(repository, folder), env: { ...process.env, ...env }, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const service = { child, line, log: '' }
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (service.log += chunk))
  child.once('exit', () => running.delete(service))
  running.add(service)
  return service
}

/** Ends a service and all that it started; the exit code, or the signal that it took. */
export async function stop(service, signal = 'SIGTERM') {
  if (service.child.exitCode !== null || service.child.signalCode !== null) return service.child.exitCode
  const ended = once(service.child, 'exit')
  kill(service, signal)
  const late = setTimeout(() => kill(service, 'SIGKILL'), 20_000)
  const [code, by] = await ended
  clearTimeout(late)
  return code ?? by
}

function kill({ child }, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // It ended by itself in between.
  }
}

/** Calls until it no longer throws; the last refusal when it never does. */
export async function eventually(what, check, seconds = 30) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}: ${error.message}`)
      await sleep(100)
    }
  }
}

/** Waits for a 200 and gives the body. */
export const answers = (url, seconds) =>
  eventually(url, async () => {
    const response = await fetch(url)
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return response
  }, seconds)

/** A socket that keeps every message; `next` waits for one that fits, from now on. */
export async function connect(url) {
  const socket = new WebSocket(url)
  const heard = []
  const waiting = new Set()
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    heard.push(message)
    for (const wait of waiting) wait(message)
  }
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error(`no socket at ${url}`))
  })
  const next = (what, fits, seconds = 20) =>
    new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not heard within ${seconds} s: ${what}; last: ${JSON.stringify(heard.slice(-3))}`)), seconds * 1000)
      const wait = (message) => {
        if (!fits(message)) return
        clearTimeout(late)
        waiting.delete(wait)
        resolve(message)
      }
      waiting.add(wait)
    })
  return { socket, heard, next, say: (message) => socket.send(JSON.stringify(message)) }
}

/** Chromium without a window; every error of the page is collected. */
export async function browse(url, options = {}) {
  const { chromium } = await import(process.env.PLAYWRIGHT)
  const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: flags })
  const page = await (await browser.newContext({ viewport: { width: 1200, height: 1000 }, ...options })).newPage()
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  return { browser, page, errors, picture }
}

/** The docs of a service, followed from its page if it has one: they show all of the contract, and load nothing from elsewhere. */
export async function readDocs(service, name, link) {
  const { browser, page, errors, picture } = await browse('about:blank', { colorScheme: 'light' })
  const strangers = []
  page.on('request', (request) => /^data:/.test(request.url()) || request.url().startsWith(service) || strangers.push(request.url()))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  await page.goto(link ? service : `${service}/docs`)
  if (link) await page.getByRole('link', { name: link, exact: true }).click()
  await page.locator('article').first().waitFor()
  const { openapi, asyncapi, schemas } = await (await fetch(`${service}/docs/contract.json`)).json()
  const shows = async (id, ...words) => {
    const text = await page.locator(`[id="${id}"]`).innerText({ timeout: 5000 })
    for (const word of words) assert.ok(text.includes(word), `${word} in ${text}`)
    assert.equal(await page.locator(`#contents a[href="#${encodeURIComponent(id)}"]`).isVisible(), true, id)
  }
  let count = 0
  for (const [document, { paths }] of Object.entries(openapi))
    for (const [path, item] of Object.entries(paths))
      for (const [method, { operationId, responses }] of Object.entries(item))
        if (operationId) {
          await shows(`${document}/${operationId}`, method.toUpperCase(), path, ...Object.keys(responses))
          count++
        }
  for (const [document, { channels }] of Object.entries(asyncapi))
    for (const [key, { address, messages }] of Object.entries(channels)) {
      await shows(`${document}/${key}`, address, ...Object.values(messages).map(({ payload }) => payload.$ref.split('/').pop()))
      count++
    }
  for (const definitions of Object.values(schemas))
    for (const [definition, { properties = {} }] of Object.entries(definitions)) {
      await shows(definition, ...Object.keys(properties))
      count++
    }
  assert.equal(await page.locator('article').count(), count)
  await page.screenshot({ path: join(pictures, `${name}-docs-light.png`) })

  // The keyboard reaches the filter; a link to what it hides shows it again.
  await page.keyboard.press('/')
  await page.keyboard.type('livez')
  assert.ok((await page.locator('article:visible').count()) < count / 4)
  await page.evaluate(() => (location.hash = '#Problem'))
  await page.locator('article:target').waitFor()
  assert.equal(await page.locator('article:visible').count(), count)
  await eventually('the target in sight', async () => assert.ok(Math.abs((await page.locator('[id="Problem"]').boundingBox()).y) < 200))

  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 375, height: 800 })
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(overflow <= 0, `the docs are ${overflow} px wider than a phone`)
  await page.screenshot({ path: join(pictures, `${name}-docs-phone-dark.png`) })
  assert.deepEqual([errors, strangers], [[], []])
  await browser.close()
}

/** Plays a scenario and leaves nothing running, however it ends. */
export async function play(scenario) {
  const services = []
  try {
    await scenario((line, env, folder) => {
      const service = start(line, env, folder)
      services.push(service)
      return service
    })
  } catch (error) {
    console.error(error)
    for (const { line, log } of services) console.error(`--- ${line}\n${log.slice(-3000)}`)
    process.exitCode = 1
  } finally {
    await Promise.all([...running].map((service) => stop(service, 'SIGKILL')))
  }
  process.exit()
}
