/** What waits for another service. */
export interface Entry {
  /** Its idempotency key: what is put twice waits once. */
  id: string
  body: unknown
  /** When it was put, in milliseconds since 1970. */
  at: number
  /** Where it stands in the store. */
  place: string | number
}

export interface State {
  pending: number
  /** Since when the oldest waits, in milliseconds since 1970. */
  oldest: number | undefined
}

/** So much may wait for a destination. */
export interface Most {
  rows: number
  bytes: number
}

/** Keeps, for each destination, what waits for it in the order in which it came, until that is done. */
export interface Store {
  /** Resolves when it will outlive the death of this process; refuses with 503 when there is no room. */
  put(destination: string, id: string, body: unknown): Promise<void>
  /** Whether so many more fit. */
  hasRoom(destination: string, more: number): boolean | Promise<boolean>
  /** The oldest that wait, as soon as there are any; now and then none. What is not done comes again. */
  take(destination: string, limit: number, signal: AbortSignal): Promise<Entry[]>
  done(destination: string, entries: Entry[]): Promise<void>
  /** Waits no more, but is kept with the reason for whoever wants to look: the newest thousand. */
  setAside(destination: string, entry: Entry, reason: string): Promise<void>
  state(destination: string): Promise<State>
  close(): Promise<void>
}

/** Of what was set aside so much is kept. */
export const ASIDE = 1_000
