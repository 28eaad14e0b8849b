// Generated from contract/*/chat.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import names from './chat.json' with { type: 'json' }

export type Room = string

export interface Message {
  id: string
  room: Room
  author: string
  text: string
  at: Instant
}

/** The data of a Publish on a channel room:NAME. */
export interface NewMessage {
  text: string
}

export interface MessageEvent {
  type: 'message'
  message: Message
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** The names of the rooms that the caller may read */
  listRooms: {
    input: Record<never, never>
    answer: Array<Room>
    defaults: never
  }
  /** The newest messages of a room, oldest first */
  listMessages: {
    input: { room: Room; before?: string; limit?: number }
    answer: Array<Message>
    defaults: 'limit'
  }
}

export const { operations, channels } = names

declare module './common.ts' {
  interface Definitions {
    Room: Room
    Message: Message
    NewMessage: NewMessage
    MessageEvent: MessageEvent
  }
  interface AllOperations extends Operations {}
}
