import { clientOf } from '#client/http'
import { type CustomEvent, type Operations, operations } from '#contract/publish'
import { live } from '../live.ts'
import { clock, h, type Panel } from '../page.ts'
import { token } from '../token.ts'

const ROWS = 50
const service = clientOf<Operations>(operations, { token })

function line({ data, at }: CustomEvent): HTMLElement {
  const text = h('span', { class: 'mono' }, JSON.stringify(data))
  return h('li', {}, h('time', { datetime: at }, clock(at)), text)
}

/** Publishes over HTTP and listens over the socket: what any other program would do. */
export default {
  title: 'Event console',
  order: 40,
  mount(into) {
    const channel = h('input', { value: 'demo', required: true, maxlength: 100 })
    const data = h('textarea', { rows: 2, class: 'mono' })
    data.value = '{ "hello": "world" }'
    const error = h('p', { class: 'error small', role: 'alert' })
    const list = h('ol', { class: 'rows scroll', role: 'log', 'aria-label': 'Events', tabindex: 0 })
    let leave = () => {}

    const listen = () => {
      leave()
      const waiting = `Listening on “${channel.value}”. Publish something.`
      list.replaceChildren(h('li', { class: 'empty' }, waiting))
      leave = live.subscribe(channel.value, {
        accepted({ recovered }) {
          if (recovered || list.querySelector('.empty')) return
          list.prepend(h('li', { class: 'quiet' }, 'Events may be missing here.'))
        },
        refused: (reason) => error.replaceChildren(reason),
        event(event) {
          if (event.type !== 'custom') return
          list.querySelector('.empty')?.remove()
          list.prepend(line(event))
          if (list.childElementCount > ROWS) list.lastElementChild?.remove()
        },
      })
    }
    const publish = async (event: SubmitEvent) => {
      event.preventDefault()
      error.textContent = ''
      try {
        await service.publish({ channel: channel.value, body: JSON.parse(data.value) })
      } catch (problem) {
        const why = (problem as Error).message
        error.textContent = problem instanceof SyntaxError ? `This is not JSON: ${why}` : why
      }
    }

    channel.onchange = listen
    const form = h(
      'form',
      { submit: publish },
      h('label', {}, 'Channel', channel),
      h('label', { class: 'grow' }, 'Event, any JSON object', data),
      h('button', { class: 'main' }, 'Publish'),
    )
    into.append(form, error, list)
    listen()
  },
} satisfies Panel
