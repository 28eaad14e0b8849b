// Generated from contract/*/health.yaml by `npm run generate`. Do not edit.

import type { Health } from './common.ts'
import names from './health.json' with { type: 'json' }

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** The process answers. Restart it when it does not. */
  isAlive: {
    input: Record<never, never>
    answer: Health
    defaults: never
  }
  /** Whether to send it traffic. Not while it starts or drains. */
  isReady: {
    input: Record<never, never>
    answer: Health
    defaults: never
  }
  /** Figures for Prometheus */
  readMetrics: {
    input: Record<never, never>
    answer: Response
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface AllOperations extends Operations {}
}
