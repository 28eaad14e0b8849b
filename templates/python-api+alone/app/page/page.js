const $ = (id) => document.getElementById(id)
let next

async function call(method, path, body) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error('The service does not answer. Is it running?')
  })
  if (answer.status === 204) return
  const content = await answer.json()
  if (!answer.ok) throw new Error(content.detail ?? content.title)
  return content
}

function line(item) {
  const path = `items/${item.id}`
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: item.done })
  box.onchange = () => attempt(() => call('PATCH', path, { done: box.checked }))
  const label = document.createElement('label')
  label.append(box, ` ${item.title}`)
  const remove = Object.assign(document.createElement('button'), { textContent: 'Delete' })
  remove.setAttribute('aria-label', `Delete ${item.title}`)
  const row = Object.assign(document.createElement('p'), { className: 'row item' })
  row.append(label, remove)
  remove.onclick = () => attempt(async () => {
    await call('DELETE', path)
    row.remove()
  })
  return row
}

async function load() {
  const page = await call('GET', next ? `items?${new URLSearchParams({ cursor: next })}` : 'items')
  $('items').append(...page.items.map(line))
  next = page.next
  $('more').hidden = !next
}

/** Says what is wrong, in the place for it. */
async function attempt(work) {
  $('error').textContent = ''
  await work().catch((problem) => {
    $('error').textContent = problem.message
  })
}

$('new').onsubmit = (event) => {
  event.preventDefault()
  const title = new FormData(event.target).get('title')
  attempt(async () => {
    $('items').prepend(line(await call('POST', 'items', { title })))
    event.target.reset()
  })
}
$('more').onclick = () => attempt(load)
attempt(load)
