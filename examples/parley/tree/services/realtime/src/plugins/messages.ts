import { addressOf, checkOf } from '#contract'
import type { NewMessage } from '#contract/chat'
import type { Plugin } from '../app.ts'
import { text } from '../config.ts'
import { Refusal } from '../contract.ts'
import { Messages } from '../messages.ts'

declare module 'fastify' {
  interface FastifyInstance {
    messages: Messages
  }
}

const PREFIX = addressOf('toRoom')
const checkMessage = checkOf('NewMessage')
const checkRoom = checkOf('Room')

/** Rooms are channels: what is said on one is kept, then sent to everyone who is there. */
const plugin: Plugin = (app) => {
  const messages = new Messages(text(app.env, 'CHAT_DATABASE', 'data/chat.sqlite'))
  app.decorate('messages', messages)
  app.addHook('onClose', async () => messages.close())
  app.hub.open(PREFIX, {
    presence: true,
    publish(channel, data, by) {
      const room = channel.slice(PREFIX.length)
      const issues = [...checkRoom(room), ...checkMessage(data)]
      if (issues.length > 0) throw new Refusal(422, 'This cannot be said here.', issues)
      const { text } = data as unknown as NewMessage
      return { type: 'message', message: messages.add(room, by.name, text) }
    },
  })
}

export default plugin
