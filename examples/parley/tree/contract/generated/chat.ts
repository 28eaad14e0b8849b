// Generated from schemas/chat.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'

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

declare module './realtime.ts' {
  interface Events {
    MessageEvent: MessageEvent
  }
}
