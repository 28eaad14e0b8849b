import { randomBytes } from 'node:crypto'

/** W3C Trace Context: ties what all services do for one request together. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  id: string
  flags: string
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** Continues the trace of a traceparent header; begins one when there is none that is valid. */
export function newTrace(traceparent: unknown): TraceContext {
  const [, id, flags] = TRACEPARENT.exec(`${traceparent}`) ?? []
  return id && flags ? { id, flags } : { id: randomBytes(16).toString('hex'), flags: '01' }
}

/** The header for a call to another service, which becomes a step of the same trace. */
export const traceparent = ({ id, flags }: TraceContext) =>
  `00-${id}-${randomBytes(8).toString('hex')}-${flags}`
