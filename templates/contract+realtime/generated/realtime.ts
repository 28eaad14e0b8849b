// Generated from contract/*/realtime.yaml by `npm run generate`. Do not edit.

import type { Definitions, Problem } from './common.ts'
import names from './realtime.json' with { type: 'json' }

/** What a client may send. */
export type ClientMessage = Subscribe | Unsubscribe | Publish | PresenceRequest | Ping

/** What the service may send. */
export type ServerMessage = Welcome | Accepted | Delivery | Gap | Joined | Left | Refused | Pong | Restart

/** What happened, as a channel carries it. */
export type Event = Definitions[Exclude<Extract<keyof Definitions, `${string}Event`>, 'Event'>]

export type Channel = string

/** A place in a channel. Offsets grow by one; a new epoch means that the history was lost. */
export interface Position {
  epoch: string
  offset: number
}

export interface Member {
  /** Who the token names; the browser where nobody signs in. */
  id: string
  name: string
}

/** Answered by Accepted, then by all events after `since` when the service still has every one. */
export interface Subscribe {
  type: 'subscribe'
  id: number
  channel: Channel
  since?: Position
}

export interface Unsubscribe {
  type: 'unsubscribe'
  id: number
  channel: Channel
}

/** May be repeated with the same key until it is answered; it takes effect once. */
export interface Publish {
  type: 'publish'
  id: number
  channel: Channel
  data: Record<string, unknown>
  key?: string
}

/** Answered by Accepted with the members. */
export interface PresenceRequest {
  type: 'presence'
  id: number
  channel: Channel
}

export interface Ping {
  type: 'ping'
}

/** The first message of every connection. */
export interface Welcome {
  type: 'welcome'
  session: string
  /** Milliseconds between two signs of life. */
  heartbeat: number
  /** The largest message taken. */
  maxBytes: number
}

export interface Accepted {
  type: 'accepted'
  id: number
  channel?: Channel
  epoch?: string
  offset?: number
  /** Nothing was missed; the missed events follow. */
  recovered?: boolean
  members?: Array<Member>
}

export interface Delivery {
  type: 'event'
  channel: Channel
  epoch: string
  offset: number
  event: Event
}

/** Events up to there did not reach this client, which was too slow, or the history was lost: it takes a fresh look at what it shows. What follows comes after that place, from those who are there now. */
export interface Gap {
  type: 'gap'
  channel: Channel
  epoch: string
  offset: number
  members?: Array<Member>
}

export interface Joined {
  type: 'joined'
  channel: Channel
  member: Member
}

export interface Left {
  type: 'left'
  channel: Channel
  member: Member
}

export interface Refused {
  type: 'refused'
  id?: number
  problem: Problem
}

export interface Pong {
  type: 'pong'
}

/** The service closes this connection in a moment; another instance takes it after the wait. */
export interface Restart {
  type: 'restart'
  /** Milliseconds. */
  wait: number
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Server-sent events of one channel */
  listen: {
    input: { channel: Channel; 'last-event-id'?: string }
    answer: Response
    defaults: never
  }
}

export const { operations, channels } = names

declare module './common.ts' {
  interface Definitions {
    ClientMessage: ClientMessage
    ServerMessage: ServerMessage
    Event: Event
    Channel: Channel
    Position: Position
    Member: Member
    Subscribe: Subscribe
    Unsubscribe: Unsubscribe
    Publish: Publish
    PresenceRequest: PresenceRequest
    Ping: Ping
    Welcome: Welcome
    Accepted: Accepted
    Delivery: Delivery
    Gap: Gap
    Joined: Joined
    Left: Left
    Refused: Refused
    Pong: Pong
    Restart: Restart
  }
  interface AllOperations extends Operations {}
}
