import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { refuseRaw } from './contract.ts'

/** Statuses of what is broken otherwise than by its form. */
const BROKEN: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 }

/** What is read as a whole must have come by then; other bodies may stream for as long as they like. */
const BODY_MS = 30_000
const WHOLE = /^(application\/json|text\/plain)\b/i

/** What a caller may ask of the service before any route is asked. */
export const LIMITS = {
  bodyLimit: 1 << 20,
  // How long a part of a path may be is for the contract to say.
  routerOptions: { maxParamLength: 1 << 12 },
  http: {
    maxHeaderSize: 1 << 14,
    headersTimeout: 10_000, // whoever sends a header a minute must not hold a connection for ever
    connectionsCheckingInterval: 1_000,
    // A header that comes twice is not the first of the two: it is refused where it matters.
    joinDuplicateHeaders: true,
  },
  // Longer than a balancer keeps one (mostly 60 s): who closes first must be the one that asks.
  keepAliveTimeout: 75_000,
  forceCloseConnections: 'idle' as const,
  // What is not even HTTP is refused in the same form as everything else.
  clientErrorHandler: ({ code }: { code: string }, socket: Socket) =>
    refuseRaw(socket, BROKEN[code] ?? 400),
}

/** What goes with every page: it loads nothing from elsewhere, and nobody frames it. */
export const HEADERS = {
  'content-security-policy': [
    "default-src 'self'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

export function guard(app: FastifyInstance): void {
  letGo(app)
  app.addHook('preParsing', async ({ headers, raw }) => {
    if (!WHOLE.test(headers['content-type'] ?? '')) return
    const timer = setTimeout(() => raw.destroy(), BODY_MS)
    raw.once('close', () => clearTimeout(timer))
  })
}

/** Browsers connect ahead of need: a connection that never asked for anything must not hold up the end. */
function letGo(app: FastifyInstance): void {
  const sockets = new Set<Socket>()
  const gone = function (this: Socket) {
    sockets.delete(this)
  }
  app.server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', gone)
  })
  let closing = false
  // Nor may one whose request was under way, which would be kept for more.
  app.addHook('onSend', (_, reply, payload, done) => {
    if (closing) reply.header('connection', 'close')
    done(null, payload)
  })
  app.addHook('preClose', async () => {
    closing = true
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  })
}
