import './items.css'
import { clientOf } from '#client/http'
import { type Item, type Operations, operations } from '#contract/items'
import { h, type Panel } from '../page.ts'

const items = clientOf<Operations>(operations)

/** The items of the service: each can be ticked off or deleted, new ones are added on top. */
export default {
  title: 'Items',
  order: 60,
  mount(into) {
    const list = h('ul', { class: 'items' }, h('li', { class: 'empty' }, 'Loading…'))
    const error = h('p', { class: 'error small', role: 'alert' })
    const title = h('input', { class: 'grow', 'aria-label': 'New item', placeholder: 'New item' })
    const more = h('button', { type: 'button', hidden: true, click: () => load(next) }, 'Show more')
    let next: string | undefined

    /** Runs one request; says in plain words what went wrong. */
    const run = async (work: () => Promise<void>) => {
      error.textContent = ''
      await work().catch((problem: Error) => {
        error.textContent = problem.message
      })
      const empty = list.querySelector('.empty')
      if (list.childElementCount === 0) list.append(h('li', { class: 'empty' }, 'No item yet.'))
      else if (list.childElementCount > 1) empty?.remove()
    }

    const row = (item: Item): HTMLElement => {
      const { id } = item
      const box = h('input', { type: 'checkbox', checked: item.done })
      const remove = h('button', { type: 'button', 'aria-label': `Delete ${item.title}` }, '×')
      const line = h('li', {}, h('label', {}, box, h('span', {}, item.title)), remove)
      box.onchange = () =>
        run(async () => {
          const done = box.checked
          box.checked = !done // until the service agrees
          box.checked = (await items.changeItem({ id, body: { done } })).done
        })
      remove.onclick = () =>
        run(async () => {
          await items.removeItem({ id })
          line.remove()
        })
      return line
    }

    const load = (cursor?: string) =>
      run(async () => {
        const page = await items.listItems(cursor ? { cursor } : {})
        if (!cursor) list.replaceChildren()
        list.append(...page.items.map(row))
        next = page.next
        more.hidden = next === undefined
      })

    const add = (event: SubmitEvent) => {
      event.preventDefault()
      void run(async () => {
        list.prepend(row(await items.addItem({ body: { title: title.value } })))
        title.value = ''
      })
    }

    into.append(
      h('form', { submit: add }, title, h('button', { class: 'main' }, 'Add')),
      error,
      list,
      more,
    )
    void load()
  },
} satisfies Panel
