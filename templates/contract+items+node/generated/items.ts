// Generated from contract/*/items.yaml by `npm run generate`. Do not edit.

import type { Instant, Key } from './common.ts'
import names from './items.json' with { type: 'json' }

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

/** What each operation takes and answers; `defaults` are filled in by who serves it. */
export interface Operations {
  /** Items, the newest first, page by page */
  listItems: {
    input: { cursor?: string; limit?: number }
    answer: Items
    defaults: 'limit'
  }
  addItem: {
    input: { 'idempotency-key'?: Key; body: NewItem }
    answer: Item
    defaults: never
  }
  readItem: {
    input: { id: string }
    answer: Item
    defaults: never
  }
  changeItem: {
    input: { id: string; body: ItemChange }
    answer: Item
    defaults: never
  }
  removeItem: {
    input: { id: string }
    answer: void
    defaults: never
  }
}

export const { operations } = names

declare module './common.ts' {
  interface Definitions {
    Item: Item
    NewItem: NewItem
    ItemChange: ItemChange
    Items: Items
    Title: Title
  }
  interface AllOperations extends Operations {}
}
