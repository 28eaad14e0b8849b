/** What every part of the page needs: the service, by its contract. */

export const $ = (id) => document.getElementById(id)

export function h(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const contract = fetch('docs/contract.json').then((answer) => answer.json())

/** Where the contract says that an operation is. */
export async function pathOf(operationId) {
  const documents = Object.values((await contract).openapi)
  const paths = documents.flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) =>
    Object.values(item).some((one) => one.operationId === operationId),
  )
  return path.slice(1)
}

/** Asks; the answer is what it says, or the error why not. */
export async function call(path, body, method = body ? 'POST' : 'GET') {
  return (await ask(path, body, method)).json()
}

/** The answer as it is; what it refuses is thrown. */
export async function ask(path, body, method = body ? 'POST' : 'GET', signal = undefined) {
  const token = sessionStorage.getItem('token')
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { 'content-type': 'application/json' }),
  }
  const json = body && { body: JSON.stringify(body) }
  const answer = await fetch(path, { method, signal, headers, ...json }).catch((error) => {
    throw signal?.aborted ? error : new Error('The service does not answer. Is it running?')
  })
  if (answer.ok) return answer
  if (answer.status === 401) {
    await newToken(token)
    return ask(path, body, method, signal)
  }
  const content = await answer.json()
  const places = (content.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  throw new Error([content.detail ?? content.title, ...places].join(' · '))
}

let asking

/** Where the service asks for its token, so does the page, and keeps it until the tab is closed. */
async function newToken(refused) {
  if (sessionStorage.getItem('token') !== refused) return // another call has got one
  asking ??= new Promise((resolve, reject) => {
    const input = h('input', { type: 'password', required: true })
    const what = refused
      ? 'Not that one. What is SERVICE_TOKEN in .env?'
      : 'What is SERVICE_TOKEN in .env?'
    const go = h('button', { className: 'main' }, 'Go on')
    const dialog = h(
      'dialog',
      {},
      h('form', { method: 'dialog', className: 'row' }, h('label', {}, what, input), go),
    )
    dialog.addEventListener('close', () => {
      dialog.remove()
      asking = undefined
      if (!input.value)
        return reject(new Error('The service answers only who knows its SERVICE_TOKEN.'))
      sessionStorage.setItem('token', input.value)
      resolve()
    })
    document.body.append(dialog)
    dialog.showModal()
  })
  await asking
}

/** Says what is wrong, in the place for it. */
export async function attempt(work, place = 'error') {
  $(place).textContent = ''
  await work().catch((problem) => {
    $(place).textContent = problem.message
  })
}
