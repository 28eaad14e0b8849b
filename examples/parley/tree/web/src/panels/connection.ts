import type { State } from '#client/live'
import { keepAlive, live } from '../live.ts'
import { h, type Panel } from '../page.ts'

const looks = {
  connecting: 'warn',
  online: 'good',
  waiting: 'warn',
  offline: 'bad',
  refused: 'bad',
}

function words(state: State): string {
  if (state.name === 'online') return 'Live'
  if (state.name === 'connecting') return 'Connecting'
  if (state.name === 'offline') return 'You are offline'
  if (state.name === 'refused') return `Not allowed to connect. ${state.reason}`
  return 'Connection lost'
}

/** Beside the words, for a screen reader would read out every second. */
function countdown(state: State): string {
  const seconds = state.name === 'waiting' ? Math.ceil((state.until - Date.now()) / 1_000) : 0
  return seconds > 0 ? `again in ${seconds} s` : ''
}

/** Says in the header how the connection is, and retries at once when the reader asks or returns. */
export default {
  title: 'Connection',
  order: 0,
  width: 'status',
  mount(into) {
    const text = h('span', { role: 'status' })
    const left = h('span', { class: 'quiet' })
    const chip = h('span', {}, text, left)
    const retry = h(
      'button',
      { type: 'button', class: 'small', click: () => live.wake() },
      'Retry now',
    )
    into.append(retry, chip)

    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = () => {
      clearTimeout(timer)
      const { state } = live
      const passing = state.name === 'connecting' || state.name === 'waiting'
      timer = passing ? setTimeout(draw, 1_000) : undefined
      // Said once, not again with every attempt.
      if (text.textContent !== words(state)) text.textContent = words(state)
      left.textContent = countdown(state)
      left.hidden = !left.textContent
      chip.className = `chip ${looks[state.name]}`
      retry.hidden = state.name !== 'waiting' && state.name !== 'offline'
    }
    draw()
    live.watch(({ name }) => {
      // A blink is not worth a word.
      if (name === 'connecting' || name === 'waiting') timer ??= setTimeout(draw, 1_000)
      else draw()
    })
    keepAlive()
  },
} satisfies Panel
