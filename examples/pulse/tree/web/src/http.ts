import type { Problem } from '@repo/contract/common'

/** What the service says about a refusal (RFC 9457), as one line for a person. */
function inWords({ title, detail, errors = [] }: Problem): string {
  const places = errors.map(({ path, message }) => `${path || 'input'}: ${message}`)
  return [detail ?? title, ...places].join(' · ')
}

/** Calls the service; whatever is not a success becomes an Error that a person can read. */
export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(10_000) }
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const answer = await fetch(path, init).catch(() => {
    throw new Error('The service does not answer. Is it running?')
  })
  if (answer.ok) return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T)
  const problem: Problem = await answer.json().catch(() => ({
    title: `The service answered ${answer.status}.`,
  }))
  throw new Error(inWords(problem))
}
