// Generated from schemas/publish.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'

/** Any JSON object. */
export type Data = Record<string, unknown>

export interface CustomEvent {
  type: 'custom'
  data: Data
  at: Instant
}

declare module './realtime.ts' {
  interface Events {
    CustomEvent: CustomEvent
  }
}
