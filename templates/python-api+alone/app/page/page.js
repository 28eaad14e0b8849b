const $ = (id) => document.getElementById(id)
const contract = fetch('docs/contract.json').then((answer) => answer.json())

/** Where the contract says that an operation is. */
async function pathOf(operationId) {
  const documents = Object.values((await contract).openapi)
  const paths = documents.flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) => Object.values(item).some((one) => one.operationId === operationId))
  return path.slice(1)
}
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
  const path = pathOf('readItem').then((path) => path.replace('{id}', item.id))
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: item.done })
  box.onchange = () => attempt(async () => call('PATCH', await path, { done: box.checked }))
  const label = document.createElement('label')
  label.append(box, ` ${item.title}`)
  const remove = Object.assign(document.createElement('button'), { textContent: 'Delete' })
  remove.setAttribute('aria-label', `Delete ${item.title}`)
  const row = Object.assign(document.createElement('p'), { className: 'row item' })
  row.append(label, remove)
  remove.onclick = () => attempt(async () => {
    await call('DELETE', await path)
    row.remove()
  })
  return row
}

async function load() {
  const path = await pathOf('listItems')
  const page = await call('GET', next ? `${path}?${new URLSearchParams({ cursor: next })}` : path)
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
    $('items').prepend(line(await call('POST', await pathOf('addItem'), { title })))
    event.target.reset()
  })
}
$('more').onclick = () => attempt(load)
attempt(load)
