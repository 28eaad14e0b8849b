// Generated from schemas/items.yaml by `npm run generate`. Do not edit.

import type { Instant } from './common.ts'

export interface Item {
  id: string
  title: Title
  done: boolean
  createdAt: Instant
}

export interface NewItem {
  title: Title
  done?: boolean
}

/** What is left out stays as it is. */
export interface ItemChange {
  title?: Title
  done?: boolean
}

/** One page of items, the newest first. */
export interface Items {
  items: Array<Item>
  /** The cursor of the next page; absent on the last. */
  next?: string
}

export type Title = string
