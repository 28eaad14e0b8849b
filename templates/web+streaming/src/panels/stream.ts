import { clientOf } from '#client/http'
import { type ChunkEvent, channels, type Operations, operations } from '#contract/stream'
import { live } from '../live.ts'
import { clock, eachFrame, h, type Panel, round } from '../page.ts'
import { token } from '../token.ts'

const ROWS = 50
const STREAM = 'demo'
const streams = clientOf<Operations>(operations, { token })

/** How fast a stream runs, and its last chunks. */
export default {
  title: 'Stream',
  order: 50,
  mount(into) {
    const rate = h('strong', {}, '0')
    const total = h('strong', {}, '0')
    const list = h('ol', { class: 'rows scroll', tabindex: 0, 'aria-label': 'Last chunks' })
    list.append(h('li', { class: 'empty' }, 'Nothing flows yet.'))
    const error = h('p', { class: 'error small', role: 'alert' })
    let count = 0
    let recent: number[] = []
    const chunks: ChunkEvent[] = []

    const draw = eachFrame(() => {
      recent = recent.filter((at) => at > Date.now() - 5_000)
      rate.textContent = round(recent.length / 5)
      total.textContent = round(count)
      if (chunks.length === 0) return
      list.replaceChildren(
        ...chunks.map(({ data, at }) =>
          h(
            'li',
            {},
            h('time', { datetime: at }, clock(at)),
            h('span', { class: 'mono' }, JSON.stringify(data)),
          ),
        ),
      )
    })
    live.subscribe(channels.stream.replace('{name}', STREAM), {
      event(event) {
        if (event.type !== 'chunk') return
        count++
        recent.push(Date.now())
        chunks.unshift(event)
        chunks.splice(ROWS)
        draw()
      },
    })
    setInterval(draw, 1_000)

    const send = async () => {
      const lines = Array.from({ length: 20 }, (_, line) => JSON.stringify({ line }))
      error.textContent = await streams.feedStream({ name: STREAM, body: lines.join('\n') }).then(
        () => '',
        (problem: Error) => problem.message,
      )
    }
    into.append(
      h('p', {}, rate, ' chunks per second · ', total, ' since you opened this page '),
      h(
        'form',
        {},
        h('button', { type: 'button', class: 'main', click: send }, 'Send twenty lines'),
      ),
      error,
      list,
    )
  },
} satisfies Panel
