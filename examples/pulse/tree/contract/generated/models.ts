// Generated from contract/*/models.yaml by `npm run generate`. Do not edit.

import type { Instant, Key } from './common.ts'
import type { Quality } from './scoring.ts'
import names from './models.json' with { type: 'json' }

/** What may be announced. */
export type Announcement = ModelEvent

/** A model is in service from now on. */
export interface ModelEvent {
  type: 'model'
  /** Its version. */
  model: string
  quality: Quality
  at: Instant
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Sends an event of the Python service to every browser */
  announce: {
    input: { 'idempotency-key': Key; body: Announcement }
    answer: void
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    Announcement: Announcement
    ModelEvent: ModelEvent
  }
  interface AllOperations extends Operations {}
}
