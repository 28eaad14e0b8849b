import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export type Right = 'read' | 'publish'

/** Who asks. */
export interface Identity {
  id: string
  name: string
  /** Milliseconds since the epoch. */
  expires: number
  may(right: Right, channel: string): boolean
}

const NAME = 60

/** Nobody signs in yet. */
export class Access {
  readonly open = true

  async identify(_: IncomingHttpHeaders, query: URLSearchParams): Promise<Identity> {
    const secret = query.get('client') ?? randomBytes(16).toString('hex')
    const id = createHash('sha256').update(secret).digest('hex').slice(0, 16)
    const name = (query.get('name') ?? '').trim().slice(0, NAME) || `guest ${id.slice(0, 4)}`
    return { id, name, expires: Number.POSITIVE_INFINITY, may: () => true }
  }

  allowsOrigin({ origin, host }: IncomingHttpHeaders): boolean {
    return !origin || (URL.canParse(origin) && new URL(origin).host === host)
  }
}
