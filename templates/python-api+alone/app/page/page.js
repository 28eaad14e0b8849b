import { $, ask, attempt, call, pathOf } from './service.js'

let next

function line(item) {
  const path = pathOf('readItem').then((path) => path.replace('{id}', item.id))
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: item.done })
  box.onchange = () => attempt(async () => ask(await path, { done: box.checked }, 'PATCH'))
  const label = document.createElement('label')
  label.append(box, ` ${item.title}`)
  const remove = Object.assign(document.createElement('button'), { textContent: 'Delete' })
  remove.setAttribute('aria-label', `Delete ${item.title}`)
  const row = Object.assign(document.createElement('p'), { className: 'row item' })
  row.append(label, remove)
  remove.onclick = () => attempt(async () => {
    await ask(await path, undefined, 'DELETE')
    row.remove()
  })
  return row
}

async function load() {
  const path = await pathOf('listItems')
  const page = await call(next ? `${path}?${new URLSearchParams({ cursor: next })}` : path)
  $('items').append(...page.items.map(line))
  next = page.next
  $('more').hidden = !next
}

$('new').onsubmit = (event) => {
  event.preventDefault()
  const title = new FormData(event.target).get('title')
  attempt(async () => {
    $('items').prepend(line(await call(await pathOf('addItem'), { title })))
    event.target.reset()
  })
}
$('more').onclick = () => attempt(load)
attempt(load)
