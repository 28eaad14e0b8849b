import './items.css'
import { clientOf } from '#client/http'
import { type Item, type Operations, operations } from '#contract/items'
import { h, type Panel } from '../page.ts'
import { token } from '../token.ts'

const items = clientOf<Operations>(operations, { token })

/** Runs one request; says in plain words what went wrong. */
type Run = (work: () => Promise<void>) => Promise<void>

const input = (label: string, value = '') =>
  h('input', {
    class: 'grow',
    'aria-label': label,
    placeholder: label,
    value,
    maxlength: 200,
    required: true,
    pattern: '.*\\S.*',
    title: 'It needs a word.',
  })

/** Ticked off, edited, deleted. */
function row(item: Item, run: Run): HTMLElement {
  const { id, title } = item
  const box = h('input', { type: 'checkbox', checked: item.done })
  const edit = h('button', { type: 'button', 'aria-label': `Edit ${title}` }, 'Edit')
  const remove = h('button', { type: 'button', 'aria-label': `Delete ${title}` }, '×')
  const line = h('li', {}, h('label', {}, box, h('span', {}, title)), edit, remove)
  box.onchange = () =>
    run(async () => {
      item.done = box.checked
      box.checked = !item.done // until the service agrees
      item = await items.changeItem({ id, body: { done: item.done } })
      box.checked = item.done
    })
  edit.onclick = () => line.replaceWith(editor(item, run))
  remove.onclick = () =>
    run(async () => {
      await items.removeItem({ id })
      line.remove()
    })
  return line
}

/** A row while its title is written anew; Escape leaves it as it was. */
function editor(item: Item, run: Run): HTMLElement {
  const title = input('Title', item.title)
  const show = (item: Item) => {
    const shown = row(item, run)
    line.replaceWith(shown)
    shown.querySelector('button')?.focus()
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    void run(async () =>
      show(await items.changeItem({ id: item.id, body: { title: title.value } })),
    )
  }
  const cancel = h('button', { type: 'button', click: () => show(item) }, 'Cancel')
  const form = h('form', { submit }, title, h('button', { class: 'main' }, 'Save'), cancel)
  const line = h('li', {}, form)
  form.onkeydown = ({ key }) => {
    if (key === 'Escape') show(item)
  }
  setTimeout(() => title.select()) // once it stands on the page
  return line
}

/** The items of the service, the newest first. */
export default {
  title: 'Items',
  order: 60,
  mount(into) {
    const list = h('ul', { class: 'items' }, h('li', { class: 'empty' }, 'Loading…'))
    const error = h('p', { class: 'error small', role: 'alert' })
    const title = input('New item')
    const more = h('button', { type: 'button', hidden: true, click: () => load(next) }, 'Show more')
    let next: string | undefined

    const run: Run = async (work) => {
      error.textContent = ''
      await work().catch((problem: Error) => {
        error.textContent = problem.message
      })
      const empty = list.querySelector('.empty')
      if (list.childElementCount === 0) list.append(h('li', { class: 'empty' }, 'No item yet.'))
      else if (list.childElementCount > 1) empty?.remove()
    }

    const load = (cursor?: string) =>
      run(async () => {
        const page = await items.listItems(cursor ? { cursor } : {})
        if (!cursor) list.replaceChildren()
        list.append(...page.items.map((item) => row(item, run)))
        next = page.next
        more.hidden = next === undefined
      })

    const add = (event: SubmitEvent) => {
      event.preventDefault()
      void run(async () => {
        list.prepend(row(await items.addItem({ body: { title: title.value } }), run))
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
