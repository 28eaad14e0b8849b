// Node alone: two people in a room, by socket and by page; presence; a restart that nobody has to notice.
import assert from 'node:assert/strict'
import { answers, browse, connect, eventually, freePort, play, stop } from './lib.mjs'

await play(async (start) => {
  const port = await freePort()
  const node = `http://127.0.0.1:${port}`
  const startNode = () => start('node --env-file-if-exists=.env services/realtime/src/main.ts', { PORT: `${port}` })
  let realtime = startNode()
  await answers(`${node}/readyz`, 60)

  const [ada, ben] = [await connect(`ws://127.0.0.1:${port}/ws?name=Ada`), await connect(`ws://127.0.0.1:${port}/ws?name=Ben`)]
  const channel = 'rooms:lobby'
  const enter = async (person, id) => {
    const accepted = person.next('entered', (message) => message.type === 'accepted' && message.id === id)
    person.say({ type: 'subscribe', id, channel })
    return accepted
  }
  await enter(ada, 1)
  const joined = ada.next('Ben joins', (message) => message.type === 'joined' && message.member.name === 'Ben')
  await enter(ben, 1)
  await joined

  const heard = ben.next('the message', ({ event }) => event?.type === 'message' && event.message.text === 'Hello, Ben')
  ada.say({ type: 'publish', id: 2, channel, data: { text: 'Hello, Ben' }, key: 'once' })
  const { event, epoch, offset } = await heard
  assert.equal(event.message.author, 'Ada')

  const refused = ben.next('a refusal', (message) => message.type === 'refused' && message.id === 3)
  ben.say({ type: 'publish', id: 3, channel, data: { text: '' } })
  assert.ok((await refused).problem.status >= 400)

  const present = ada.next('who is here', (message) => message.type === 'accepted' && message.id === 4)
  ada.say({ type: 'presence', id: 4, channel })
  assert.deepEqual((await present).members.map(({ name }) => name).sort(), ['Ada', 'Ben'])

  // Gone and back again: what was missed follows.
  ben.socket.close()
  const answered = ada.next('published', (message) => message.type === 'accepted' && message.id === 5)
  ada.say({ type: 'publish', id: 5, channel, data: { text: 'While you were away' } })
  await answered
  const again = await connect(`ws://127.0.0.1:${port}/ws?name=Ben`)
  const missed = again.next('what was missed', ({ event }) => event?.message?.text === 'While you were away')
  again.say({ type: 'subscribe', id: 1, channel, since: { epoch, offset } })
  await missed

  const history = await (await answers(`${node}/rooms/lobby/messages?limit=10`)).json()
  assert.match(JSON.stringify(history), /Hello, Ben.*While you were away|While you were away.*Hello, Ben/)

  const { browser, page, errors, picture } = await browse(`${node}/#room=lobby`)
  await eventually('the room on the page', async () => assert.ok(await page.getByText('Hello, Ben').count()))
  await picture('parley-light')
  await stop(realtime, 'SIGKILL')
  await eventually('not live on the page', async () => assert.equal(await page.getByText('Live', { exact: true }).count(), 0))
  realtime = startNode()
  await eventually('live again on the page', async () => assert.equal(await page.getByText('Live', { exact: true }).count(), 1), 60)
  assert.deepEqual(errors, [])
  await browser.close()
  const phone = await browse(node, { viewport: { width: 375, height: 800 }, colorScheme: 'dark' })
  assert.ok((await phone.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0)
  await phone.picture('parley-phone-dark')
  await phone.browser.close()
  assert.equal(await stop(realtime), 0)
})
