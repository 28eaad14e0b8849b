// Generated from contract/*/common.yaml by `npm run generate`. Do not edit.

/** A refusal, explained (RFC 9457, application/problem+json). */
export interface Problem {
  /** A kind of problem; about:blank when the status says it all. */
  type: string
  title: string
  status: number
  detail?: string
  instance?: string
  errors?: Array<Issue>
}

/** One wrong place of an input. */
export interface Issue {
  /** A JSON pointer, such as /rows/3/hour; empty for the whole. */
  path: string
  message: string
}

export interface Health {
  status: 'ok' | 'unavailable'
  /** What readiness depends on, and whether each of it is fine. */
  checks?: Record<string, 'ok' | 'unavailable'>
}

/** RFC 3339 in UTC */
export type Instant = string

/** Made by the caller; a UUID will do. */
export type Key = string

/** Every definition by its name; each area adds its own. */
export interface Definitions {
  Problem: Problem
  Issue: Issue
  Health: Health
  Instant: Instant
  Key: Key
}

/** Every operation by its name; each area adds its own. */
export interface AllOperations {}
