import { newKey } from '#client/http'
import { Live } from '#client/live'
import { channels } from '#contract/realtime'
import { token } from './token.ts'

/** The secret by which the service knows this browser again, where nobody signs in. */
function secret(): string {
  const known = localStorage.getItem('client') ?? newKey()
  localStorage.setItem('client', known)
  return known
}

/** The page's one connection. */
export const live = new Live({
  url() {
    const name = localStorage.getItem('name')
    const who = new URLSearchParams({ client: secret(), ...(name && { name }) })
    return `${location.origin.replace(/^http/, 'ws')}${channels.toService}?${who}`
  },
  token,
})

/** Keeps it through sleep, and as the network comes and goes. */
export function keepAlive(): void {
  // This machine is there without a network, too.
  const own = /^(localhost|127\.|\[::1\])/.test(location.hostname)
  const wake = () => {
    if (own || navigator.onLine) live.wake()
  }
  if (!own) addEventListener('offline', () => live.rest())
  addEventListener('online', wake)
  addEventListener('pageshow', ({ persisted }) => persisted && wake())
  document.addEventListener('resume', wake)
  document.addEventListener('visibilitychange', () => document.hidden || wake())
  live.connect()
}
