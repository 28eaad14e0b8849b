/** What every part of the page needs: the service, by its contract. */

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

/** Says what is wrong, in the place for it. */
export async function attempt(work, place = 'error') {
  $(place).textContent = ''
  await work().catch((problem) => {
    $(place).textContent = problem.message
  })
}
