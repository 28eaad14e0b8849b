// Generated from contract/*/events.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import names from './events.json' with { type: 'json' }

/** Something measured. It is known by its id and its day, however often it is sent. A reading is one, too. */
export interface EventRecord {
  id: string
  at: Instant
  source: string
  value: number
  /** What was measured. */
  kind?: string
}

export interface EventBatch {
  events: Array<EventRecord>
}

/** What became of a batch. What is accepted is on the disk. */
export interface EventReceipt {
  accepted: number
  /** Known already; an older one is found later and counted once all the same. */
  duplicates: number
  refused: Array<EventRefusal>
}

export interface EventRefusal {
  /** Of the event in its batch, from 0. */
  index: number
  reason: string
}

/** What the last run of the pipeline left, and what waits for the next. */
export interface PipelineState {
  /** Its number; 0 before the first. */
  run: number
  endedAt?: Instant
  /** In the tables, each once. */
  events: number
  /** Left out by all runs so far. */
  duplicates: number
  /** Rows of files that all runs so far set aside with the reason. */
  rejected: number
  /** Files that wait for the next run. */
  waiting: number
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Takes events to be kept */
  ingestEvents: {
    input: { body: EventBatch }
    answer: EventReceipt
    defaults: never
  }
  /** How the pipeline stands */
  describePipeline: {
    input: Record<never, never>
    answer: PipelineState
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    EventRecord: EventRecord
    EventBatch: EventBatch
    EventReceipt: EventReceipt
    EventRefusal: EventRefusal
    PipelineState: PipelineState
  }
  interface AllOperations extends Operations {}
}
