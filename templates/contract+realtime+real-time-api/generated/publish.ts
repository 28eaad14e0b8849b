// Generated from contract/*/publish.yaml by `npm run generate`. Do not edit.

import type { Instant, Key } from './common.ts'
import type { Channel, Member, Position } from './realtime.ts'
import names from './publish.json' with { type: 'json' }

/** Any JSON object. */
export type Data = Record<string, unknown>

export interface CustomEvent {
  type: 'custom'
  data: Data
  at: Instant
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Sends an event to everyone who listens on a channel */
  publish: {
    input: { channel: Channel; 'idempotency-key'?: Key; body: Data }
    answer: Position
    defaults: never
  }
  /** Who listens on a channel */
  listMembers: {
    input: { channel: Channel }
    answer: Array<Member>
    defaults: never
  }
}

export const { operations, channels } = names

declare module './common.ts' {
  interface Definitions {
    Data: Data
    CustomEvent: CustomEvent
  }
  interface AllOperations extends Operations {}
}
