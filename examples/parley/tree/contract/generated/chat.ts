// Generated from schemas/chat.yaml by `npm run generate`. Do not edit.

export type Room = string

export interface Message {
  id: string
  room: Room
  author: string
  text: string
  at: string
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
