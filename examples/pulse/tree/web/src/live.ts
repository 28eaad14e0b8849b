import { Live } from '#client/live'
import { channels } from '#contract/realtime'

/** The page's one connection. */
export const live = new Live(() => {
  const name = encodeURIComponent(localStorage.getItem('name') ?? '')
  return `${location.origin.replace(/^http/, 'ws')}${channels.toService}${name && `?name=${name}`}`
})
