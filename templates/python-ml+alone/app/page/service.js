/** What every part of the page needs: the service, by its contract, and elements. */

export const $ = (id) => document.getElementById(id)

const contract = fetch('docs/contract.json').then((answer) => answer.json())

/** Where the contract says that an operation is. */
export async function pathOf(operationId) {
  const documents = Object.values((await contract).openapi)
  const paths = documents.flatMap(({ paths }) => Object.entries(paths))
  const [path] = paths.find(([, item]) => Object.values(item).some((one) => one.operationId === operationId))
  return path.slice(1)
}

/** Asks; the answer is what it says, or the error why not. */
export async function call(path, body, method = body ? 'POST' : 'GET') {
  return (await ask(path, body, method)).json()
}

/** The answer as it is; what it refuses is thrown. */
export async function ask(path, body, method = body ? 'POST' : 'GET', signal = undefined) {
  const json = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await fetch(path, { method, signal, ...json }).catch((error) => {
    throw signal?.aborted ? error : new Error('The service does not answer. Is it running?')
  })
  if (answer.ok) return answer
  const content = await answer.json()
  const places = (content.errors ?? []).map(({ path, message }) => `${path}: ${message}`)
  throw new Error([content.detail ?? content.title, ...places].join(' · '))
}

/** What each server-sent event of an answer says, as it comes. */
export async function* events({ body }) {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6))
  }
}

/** Builds an element: h('p', { className: 'quiet' }, 'text'). Text is never parsed as HTML. */
export function h(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

/** A section of the page, with the style beside its module. */
export function panel(name, title, ...children) {
  document.head.append(h('link', { rel: 'stylesheet', href: `panels/${name}.css` }))
  document.querySelector('main').append(h('section', { id: name }, h('h2', {}, title), ...children))
}
