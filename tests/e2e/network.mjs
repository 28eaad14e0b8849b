// Two people who have signed in, and the page of one on a bad network: cut without a word, reset, refused, slow, offline, asleep, the service restarted meanwhile.
// Ben talks all the time; whatever happens, the page ends up with every message once and in order.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { answers, eventually, freePort, pictures, play, repository, stop } from './lib.mjs'

/** The way to a port, which can be cut. A cut line stays dead without a word, as after a long sleep; new ones go nowhere. */
async function networkTo(port) {
  const lines = new Set()
  const network = { cut: false, delay: 0 }
  const server = createServer((near) => {
    const line = { ends: [near, connect(port, '127.0.0.1')], dead: network.cut }
    lines.add(line)
    for (const [from, to] of [line.ends, line.ends.toReversed()]) {
      const pass = (act) => {
        if (line.dead) return
        if (network.delay) setTimeout(() => line.dead || act(), network.delay)
        else act()
      }
      from.on('data', (bytes) => pass(() => to.write(bytes)))
      from.on('end', () => pass(() => to.end()))
      from.on('close', () => pass(() => to.destroy()))
      from.on('error', () => pass(() => to.resetAndDestroy()))
    }
  })
  const open = async (at) => {
    server.listen(at, '127.0.0.1')
    await once(server, 'listening')
    return server.address().port
  }
  network.port = await open(0)
  network.silence = () => {
    network.cut = true
    for (const line of lines) line.dead = true
  }
  network.reset = () => {
    for (const { ends } of lines) for (const end of ends) end.resetAndDestroy()
    lines.clear()
  }
  network.refuse = () => {
    server.close()
    network.reset()
  }
  network.allow = () => open(network.port)
  return network
}

/** A window as a reader has it: the driver's own would keep every page awake and in the foreground. */
async function openWindow(start) {
  const port = await freePort()
  const flags = `--headless=new --no-sandbox --disable-gpu --hide-scrollbars --no-first-run --no-proxy-server --remote-debugging-port=${port}`
  start(`${process.env.CHROMIUM} ${flags} --user-data-dir=${join(repository, '../browser')} about:blank`)
  await answers(`http://127.0.0.1:${port}/json/version`)
  const { chromium } = await import(process.env.PLAYWRIGHT)
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${port}`, { noDefaults: true })
  const [context] = browser.contexts()
  return { context, page: await context.newPage(), other: await context.newPage() }
}

await play(async (start) => {
  const port = await freePort()
  const node = `http://127.0.0.1:${port}`
  const AUTH_SECRET = randomBytes(32).toString('hex')
  const { SignJWT } = await import(join(repository, 'node_modules/jose/dist/webapi/index.js'))
  const tokenOf = (name) => new SignJWT({ sub: name, name }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(AUTH_SECRET))
  const token = await tokenOf('Ada')
  // With a short heartbeat the cut that nobody notices is noticed sooner.
  const settings = { PORT: `${port}`, HEARTBEAT_MS: '2000', AUTH_SECRET }
  const startNode = () => start('node --env-file-if-exists=.env services/realtime/src/main.ts', settings)
  let realtime = startNode()
  await answers(`${node}/readyz`, 60)
  const network = await networkTo(port)

  const { Live } = await import(join(repository, 'contract/client/live.ts'))
  const ben = new Live({ url: () => `ws://127.0.0.1:${port}/ws`, token: () => tokenOf('Ben') })
  ben.connect()
  let count = 0
  let talking = true
  let talk
  const resume = () => {
    talking = true
    talk = (async () => {
      for (; talking; await sleep(200)) await ben.publish('rooms:hall', { text: `${++count}` })
    })()
  }
  const hush = () => {
    talking = false
    return talk
  }
  resume()

  const { context, page, other } = await openWindow(start)
  const errors = []
  page.on('pageerror', (error) => errors.push(error.message))
  const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
  const devtools = await context.newCDPSession(page)
  await page.setViewportSize({ width: 1200, height: 1000 })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.bringToFront()
  await page.addInitScript((token) => sessionStorage.setItem('token', token), token)
  // Not `localhost` itself, for which the page does not care whether there is a network.
  await page.goto(`http://parley.localhost:${network.port}/#room=hall`)
  const words = page.getByRole('status')
  const shows = (text, seconds = 30) =>
    eventually(text, async () => assert.equal(await words.textContent(), text), seconds)
  const mine = []
  const say = async (text) => {
    mine.push(text)
    await page.getByRole('textbox', { name: 'Write a message' }).fill(text)
    await page.keyboard.press('Enter')
  }
  /** Everything said so far is there once and in order, and what was typed has arrived. */
  const isWhole = (what, seconds = 40) =>
    eventually(`whole after ${what}`, async () => {
      const texts = await page.locator('.log p').allTextContents()
      const numbers = texts.filter((text) => /^\d+$/.test(text)).map(Number)
      const upTo = count
      assert.ok(numbers.length >= upTo - 1, `${numbers.length} of ${upTo}`)
      assert.deepEqual(numbers, numbers.map((_, index) => index + 1))
      assert.deepEqual(texts.filter((text) => !/^\d+$/.test(text)), mine)
      assert.equal(await page.getByText('sending…').count(), 0)
    }, seconds)
  /** What the page says while a trouble lasts. */
  const during = async (what, trouble, expected) => {
    const began = Date.now()
    await page.evaluate(() => (window.said = []))
    await trouble()
    await shows('Live', 60)
    await isWhole(what)
    const said = await page.evaluate(() => window.said)
    console.log(`${what}: ${said.join(', ') || 'nothing'}; ${((Date.now() - began) / 1000).toFixed(1)} s, ${count} messages`)
    for (const words of expected) assert.ok(said.includes(words), `${what}: ${words} in ${said}`)
    if (expected.length === 0) assert.deepEqual(said, [], what)
  }

  await page.getByRole('textbox', { name: 'First, your name' }).fill('Ada')
  await page.keyboard.press('Enter')
  await shows('Live')
  await page.evaluate(() => {
    const words = document.querySelector('[role=status]')
    new MutationObserver(() => window.said.push(words.textContent)).observe(words, { childList: true, characterData: true, subtree: true })
  })

  await during('a blink', async () => {
    network.reset()
    await sleep(2_000)
  }, [])

  await during('a slow network', async () => {
    network.delay = 600
    await say('slowly')
    await sleep(3_000)
    network.delay = 0
    network.reset() // what is under way on the slow lines would be overtaken by what is not
    await sleep(2_000)
  }, [])

  await during('a network that refuses', async () => {
    await say('as it breaks')
    network.refuse()
    await shows('Connection lost')
    await say('while it is broken')
    await eventually('the wait in seconds', async () => assert.match(await page.locator('.chip').innerText(), /again in \d+ s/))
    await picture('network-lost-light')
    await page.emulateMedia({ colorScheme: 'dark' })
    await picture('network-lost-dark')
    await page.setViewportSize({ width: 375, height: 800 })
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0)
    await picture('network-lost-phone-dark')
    await network.allow()
    await page.getByRole('button', { name: 'Retry now' }).click()
  }, ['Connection lost', 'Live'])

  await during('offline', async () => {
    await context.setOffline(true)
    await shows('You are offline', 2)
    await say('without a network')
    await picture('network-offline-phone-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1200, height: 1000 })
    await picture('network-offline-light')
    await sleep(2_000)
    await context.setOffline(false)
    await shows('Live', 5)
  }, ['You are offline', 'Live'])

  await during('offline and back, again and again', async () => {
    const emulate = (offline) =>
      devtools.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
    for (const time of [300, 20, 800, 50]) {
      await emulate(true)
      await say(`off for ${time} ms`)
      await sleep(time)
      await emulate(false)
      await sleep(time)
    }
  }, ['You are offline', 'Live'])

  await during('a cut that only silence tells of', async () => {
    network.silence()
    await say('into the void')
    await shows('Connecting', 60)
    network.cut = false
  }, ['Connecting', 'Live'])

  await during('sleep on a line that dies meanwhile', async () => {
    await say('good night')
    await other.bringToFront()
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
    network.silence()
    await sleep(3_000)
    network.cut = false
    await devtools.send('Page.setWebLifecycleState', { state: 'active' })
    await page.bringToFront()
    await isWhole('waking', 10)
  }, [])

  await during('a service that restarts while the line is cut', async () => {
    network.silence()
    await say('to the next one')
    await hush()
    assert.equal(await stop(realtime, 'SIGKILL'), 'SIGKILL')
    realtime = startNode()
    await answers(`${node}/readyz`, 60)
    resume()
    await other.bringToFront()
    await page.bringToFront()
    await shows('Connecting')
    await sleep(1_000)
    network.cut = false
  }, ['Connecting', 'Live'])

  await hush()
  await isWhole('all of it')
  const headers = { authorization: `Bearer ${token}` }
  const kept = await (await fetch(`${node}/rooms/hall/messages?limit=200`, { headers })).json()
  for (const text of mine.slice(-2)) assert.equal(kept.filter((message) => message.text === text).length, 1, text)
  assert.deepEqual(errors, [])
  assert.equal(await stop(realtime), 0)
})
