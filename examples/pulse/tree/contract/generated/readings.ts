// Generated from contract/*/readings.yaml by `npm run generate`. Do not edit.

import type { Instant, Key } from './common.ts'
import names from './readings.json' with { type: 'json' }

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

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** The newest readings, oldest first */
  listReadings: {
    input: { limit?: number }
    answer: Array<Reading>
    defaults: 'limit'
  }
  /** Takes one reading and sends it to every browser */
  addReading: {
    input: { 'idempotency-key'?: Key; body: NewReading }
    answer: Reading
    defaults: never
  }
}

export const { operations, channels } = names

declare module './common.ts' {
  interface Definitions {
    Reading: Reading
    NewReading: NewReading
    ReadingEvent: ReadingEvent
    Source: Source
    Trace: Trace
    Step: Step
  }
  interface AllOperations extends Operations {}
}
