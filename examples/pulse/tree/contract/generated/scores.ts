// Generated from schemas/scores.yaml by `npm run generate`. Do not edit.

import type { Score } from './scoring.ts'
import type { Instant, Trace } from './readings.ts'

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

declare module './realtime.ts' {
  interface Events {
    ScoreEvent: ScoreEvent
    ServiceEvent: ServiceEvent
  }
}
