import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { definitionOf } from '#contract'
import { described } from '#operations'

/** Where services/ml would be: whatever the contract describes is answered with its first example. */
export async function standIn(): Promise<Record<string, string>> {
  const known = [...described()].map(({ method, path, description }) => {
    const answers = Object.entries(description.responses).filter(([status]) => /^2/.test(status))
    const [status = '200', { content = {} } = {}] = answers[0] ?? []
    const [type = '', { schema } = { schema: {} }] = Object.entries(content)[0] ?? []
    const example = JSON.stringify(definitionOf(schema).examples?.[0] ?? {})
    const body = type === 'text/event-stream' ? `event: any\ndata: ${example}\n\n` : example
    return {
      method,
      path: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
      status,
      type,
      body,
    }
  })
  const server = createServer((request, response) => {
    const [path = ''] = `${request.url}`.split('?')
    const found = known.find((one) => one.method === request.method && one.path.test(path))
    response.writeHead(Number(found?.status ?? 404), { 'content-type': found?.type ?? '' })
    response.end(found?.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  return { ML_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
