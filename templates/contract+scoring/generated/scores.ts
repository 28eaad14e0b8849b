// Generated from contract/*/scores.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import type { Trace } from './readings.ts'
import type { Score } from './scoring.ts'
import names from './scores.json' with { type: 'json' }

/** First pending, then scored or failed; the trace grows with it. */
export interface ScoreEvent {
  type: 'score'
  /** The id of the reading. */
  reading: string
  state: 'pending' | 'scored' | 'failed'
  score?: Score
  trace: Trace
}

/** Whether another service answers, and how much waits for it. */
export interface ServiceEvent {
  type: 'service'
  service: 'ml'
  state: 'up' | 'down'
  pending: number
  at: Instant
}

export const { channels } = names

declare module './common.ts' {
  interface Definitions {
    ScoreEvent: ScoreEvent
    ServiceEvent: ServiceEvent
  }
}
