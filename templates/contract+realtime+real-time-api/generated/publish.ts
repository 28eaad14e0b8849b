// Generated from schemas/publish.yaml by `npm run generate`. Do not edit.

/** Any JSON object. */
export type Data = Record<string, unknown>

export interface CustomEvent {
  type: 'custom'
  data: Data
  at: string
}

declare module './realtime.ts' {
  interface Events {
    CustomEvent: CustomEvent
  }
}
