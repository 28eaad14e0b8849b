import { addressOf, checkOf } from '#contract'
import type { NewMessage } from '#contract/chat'
import type { Plugin } from '../app.ts'
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
  const messages = new Messages(app.database)
  app.decorate('messages', messages)
  app.hub.open(PREFIX, {
    presence: true,
    async publish(channel, data, by, key) {
      const room = channel.slice(PREFIX.length)
      const issues = [...checkRoom(room), ...checkMessage(data)]
      if (issues.length > 0) throw new Refusal(422, 'This cannot be said here.', issues)
      const { text } = data as unknown as NewMessage
      return { type: 'message', message: await messages.add(room, by, text, key) }
    },
  })
}

export default plugin
