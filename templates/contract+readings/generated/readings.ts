// Generated from schemas/readings.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'

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

declare module './realtime.ts' {
  interface Events {
    ReadingEvent: ReadingEvent
  }
}
