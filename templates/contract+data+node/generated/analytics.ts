// Generated from contract/*/analytics.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'
import names from './analytics.json' with { type: 'json' }

/** Values of a source in an hour or a day. Times are UTC. */
export interface TableRow {
  at: Instant
  source: string
  /** So many values. */
  events: number
  /** Their sum. */
  total: number
  least: number
  most: number
  /** The newest of them. */
  last: number
  lastAt: Instant
}

export interface TablePage {
  /** The last run of the pipeline when this page was made. */
  run: number
  rows: Array<TableRow>
  /** The cursor of the next page; missing in the last. */
  next?: string
}

/** What the tables know of a source. */
export interface KnownSource {
  source: string
  /** So many values. */
  events: number
  since: Instant
  lastAt: Instant
}

export interface SourcePage {
  /** The last run of the pipeline when this page was made. */
  run: number
  sources: Array<KnownSource>
  /** The cursor of the next page; missing in the last. */
  next?: string
}

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Rows of a table, the oldest first, page by page */
  readTable: {
    input: { table?: 'hourly' | 'daily'; from?: string; to?: string; source?: Array<string>; cursor?: string; limit?: number }
    answer: TablePage
    defaults: 'table' | 'limit'
  }
  /** The sources that the tables know, by name, page by page */
  listSources: {
    input: { cursor?: string; limit?: number }
    answer: SourcePage
    defaults: 'limit'
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    TableRow: TableRow
    TablePage: TablePage
    KnownSource: KnownSource
    SourcePage: SourcePage
  }
  interface AllOperations extends Operations {}
}
