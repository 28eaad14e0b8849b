// Generated from contract/*/jobs.yaml by `npm run generate`. Do not edit.

import type { Instant, Key } from './common.ts'
import names from './jobs.json' with { type: 'json' }

/** How much a store has to hold so that a year passes without running out, with the wished probability, when a delivery fills it every so many days. Found by simulating years of random demand. */
export interface NewJob {
  /** Mean demand of a day. */
  demand: number
  /** Standard deviation of a day's demand. */
  spread: number
  /** Days from one delivery to the next. */
  days: number
  /** That a year passes without running out. */
  probability: number
  /** How many are simulated. */
  years: number
  /** The same seed gives the same result. */
  seed: number
}

/** What the simulated years needed; of the simulation's own error the standard deviation is told. */
export interface Result {
  /** What the store has to hold. */
  stock: number
  /** Standard error of `stock`. */
  error: number
  years: number
  /** Least that a simulated year needed. */
  lowest: number
  /** Most that one needed. */
  highest: number
  /** How many years needed how much, in equal steps from `lowest` to `highest`. */
  counts: Array<number>
}

export interface Job {
  id: string
  /** A job that ran when the service ended is queued again and starts anew. */
  state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'
  progress: number
  request: NewJob
  result?: Result
  /** Why it failed. */
  reason?: string
  createdAt: Instant
  startedAt?: Instant
  endedAt?: Instant
}

export interface Jobs {
  jobs: Array<Job>
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** The newest jobs first */
  listJobs: {
    input: { limit?: number }
    answer: Jobs
    defaults: 'limit'
  }
  /** Puts a job into the queue */
  startJob: {
    input: { 'idempotency-key'?: Key; body: NewJob }
    answer: Job
    defaults: never
  }
  readJob: {
    input: { id: string }
    answer: Job
    defaults: never
  }
  /** Ends the work, unless it has ended; the job stays to be read */
  cancelJob: {
    input: { id: string }
    answer: Job
    defaults: never
  }
  /** The job as it is now and whenever it changes, until it has ended */
  followJob: {
    input: { id: string }
    answer: Response
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    NewJob: NewJob
    Result: Result
    Job: Job
    Jobs: Jobs
  }
  interface AllOperations extends Operations {}
}
