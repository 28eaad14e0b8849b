/** What one client may take of the service. */
export const limits = {
  connections: 20_000,
  /** Bytes of one message. */
  message: 65_536,
  /** Messages per second in the long run, and at once. */
  rate: 50,
  burst: 100,
  subscriptions: 128,
  /** Bytes waiting for a slow reader, before it is cut off and has to resume. */
  backlog: 1 << 20,
  /** Milliseconds between two signs of life. */
  heartbeat: 25_000,
}
