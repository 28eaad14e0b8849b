// Generated from contract/*/stream.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import names from './stream.json' with { type: 'json' }

export type StreamName = string

/** One line of a stream. */
export interface ChunkEvent {
  type: 'chunk'
  data: Record<string, unknown>
  at: Instant
}

export interface StreamEnd {
  /** How many lines were taken. */
  lines: number
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Gives each new line until the caller leaves */
  followStream: {
    input: { name: StreamName }
    answer: Response
    defaults: never
  }
  /** Takes lines for as long as the caller sends them; each is on its way before the next is read */
  feedStream: {
    input: { name: StreamName; body: BodyInit }
    answer: StreamEnd
    defaults: never
  }
}

export const { operations, channels } = names

declare module './common.ts' {
  interface Definitions {
    StreamName: StreamName
    ChunkEvent: ChunkEvent
    StreamEnd: StreamEnd
  }
  interface AllOperations extends Operations {}
}
