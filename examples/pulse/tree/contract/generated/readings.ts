// Generated from schemas/readings.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import type { Score } from './scoring.ts'

export interface Reading {
  id: string
  source: Source
  value: number
  at: Instant
}

export interface NewReading {
  source: Source
  value: number
  at?: Instant
}

export interface ReadingEvent {
  type: 'reading'
  reading: Reading
  trace: Trace
}

export type Source = string

/** The way of one reading through the services so far. */
export interface Trace {
  /** The trace id of the W3C traceparent header. */
  id: string
  steps: Array<Step>
}

export interface Step {
  service: string
  step: string
  at: Instant
  ms: number
}

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
    ReadingEvent: ReadingEvent
    ScoreEvent: ScoreEvent
    ServiceEvent: ServiceEvent
  }
}
