// Generated from schemas/stream.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'

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

declare module './realtime.ts' {
  interface Events {
    ChunkEvent: ChunkEvent
  }
}
