// Generated from contract/*/watch.yaml by `npm run generate`. Do not edit.

import type { Key } from './common.ts'
import type { Features } from './scoring.ts'
import names from './watch.json' with { type: 'json' }

/** What came true for a row; the model is retrained on such. */
export interface Outcome {
  key: Key
  row: Features
  /** The value that did come next. */
  outcome: number
}

export interface Watch {
  /** The version in service; null while there is none. */
  model: string | null
  /** Scored by it since it came into service. */
  rows: number
  /** How many of them, the latest, the drift is told from. */
  window: number
  /** One per feature, and one of the scores; none while the window holds too few rows. */
  drift: Array<Drift>
  latency: Latency
  outcomes: Outcomes
  /** Models that did not get into service. */
  loadsRefused: number
  shadow?: Shadow
}

/** Population stability index against the data that the model learned from. Below 0.1 little has changed; above 0.25 much has. */
export interface Drift {
  /** A feature; or score. */
  name: string
  psi: number
}

/** Milliseconds until a scored request was answered, over the window. */
export interface Latency {
  p50: number
  p99: number
}

export interface Outcomes {
  /** Told since this model came into service. */
  count: number
  /** Mean distance between its score and what came true. */
  error: number
}

/** A candidate that scores along; nobody is answered by it. */
export interface Shadow {
  model: string
  /** Scored by both. */
  rows: number
  /** Mean distance between both scores. */
  difference: number
  largest: number
  /** Rows that it had no time for. */
  skipped: number
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Drift, latency and outcomes of late */
  watchModel: {
    input: Record<never, never>
    answer: Watch
    defaults: never
  }
  /** Tells what came true; on the disk once it is answered */
  tellOutcome: {
    input: { body: Outcome }
    answer: void
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    Outcome: Outcome
    Watch: Watch
    Drift: Drift
    Latency: Latency
    Outcomes: Outcomes
    Shadow: Shadow
  }
  interface AllOperations extends Operations {}
}
