// Generated from contract/*/scoring.yaml by `npm run generate`. Do not edit.

import type { Instant, Issue } from './common.ts'
import names from './scoring.json' with { type: 'json' }

/** What is known of a source at its newest reading. The window is its last 12 readings, the newest included; fewer when there are fewer. */
export interface Features {
  /** Hour of the newest reading in UTC. */
  hour: number
  /** Its day in UTC, Monday is 0. */
  weekday: number
  /** Its value. */
  last: number
  /** Mean of the window. */
  mean: number
  /** (last - first) / (count - 1) of the window; 0 for a single reading. */
  trend: number
}

export interface Score {
  /** The value that the model expects next. */
  value: number
  /** The version of the model. */
  model: string
}

export interface ScoreBatch {
  rows: Array<Features>
}

export interface Scores {
  /** One per row, in the order of the rows. */
  values: Array<number>
  model: string
}

/** The score of a line of a stream. */
export interface ScoredLine {
  type: 'scored'
  /** Of the lines that were sent, counted from 1; empty ones are not. */
  line: number
  value: number
  model: string
}

/** What is wrong with a line of a stream; those after it are scored all the same. */
export interface RefusedLine {
  type: 'refused'
  line: number
  errors: Array<Issue>
}

/** The card of the model in service, from its manifest. */
export interface Model {
  /** Its version. */
  model: string
  trainedAt: Instant
  /** How many examples it learned from. */
  rows: number
  features: Array<string>
  quality: Quality
  /** Of the ONNX artefact. */
  sha256: string
}

/** How well the model did on examples that it had not seen, and what it had to reach. */
export interface Quality {
  metric: string
  value: number
  threshold: number
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Scores one */
  score: {
    input: { body: Features }
    answer: Score
    defaults: never
  }
  /** Scores many */
  scoreBatch: {
    input: { body: ScoreBatch }
    answer: Scores
    defaults: never
  }
  /** Scores each line for as long as the caller sends them */
  scoreStream: {
    input: { body: BodyInit }
    answer: Response
    defaults: never
  }
  /** The card of the model in service */
  describeModel: {
    input: Record<never, never>
    answer: Model
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    Features: Features
    Score: Score
    ScoreBatch: ScoreBatch
    Scores: Scores
    ScoredLine: ScoredLine
    RefusedLine: RefusedLine
    Model: Model
    Quality: Quality
  }
  interface AllOperations extends Operations {}
}
