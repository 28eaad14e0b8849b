import './readings.css'
import { clock, eachFrame, h, type Panel, round } from '../page.ts'
import { follow, readings } from '../readings.ts'

const ROWS = 40

/** The newest readings in words. */
export default {
  title: 'Latest',
  order: 30,
  width: 'narrow',
  mount(into) {
    const empty = h('li', { class: 'empty' }, 'Nothing has been measured yet.')
    const list = h(
      'ol',
      { class: 'feed scroll', tabindex: 0, 'aria-label': 'Latest readings' },
      empty,
    )
    into.append(list)
    const draw = eachFrame(() => {
      const rows = readings.list.slice(-ROWS).reverse()
      if (rows.length === 0) return
      list.replaceChildren(
        ...rows.map(({ source, value, at }) =>
          h(
            'li',
            {},
            h('time', { datetime: at }, clock(at)),
            h('span', {}, source),
            h('strong', {}, round(value)),
          ),
        ),
      )
    })
    follow(draw)
  },
} satisfies Panel
