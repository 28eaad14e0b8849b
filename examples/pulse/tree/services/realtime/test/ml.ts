import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Features } from '#contract/scoring'
import { operations } from '#operations'

/** Where the Python services would be; the whole of both is tried by running both. Its score is what the row says last. */
export class StandIn {
  behaviour: 'answer' | 'fail' | 'lie' | 'refuse' = 'answer'
  /** Refuses every question with a row that is so. */
  poison: (row: Features) => boolean = () => false
  /** Milliseconds that an answer takes. */
  takes = 0
  headers: IncomingHttpHeaders = {}
  /** What was asked in another way than the contract says. */
  readonly wrong: unknown[] = []
  url = ''
  #server = createServer(async (request, response) => {
    this.headers = request.headers
    let text = ''
    for await (const chunk of request) text += chunk
    const operation = [...operations.values()].find(
      ({ method, path }) => method === request.method && path === request.url,
    )
    const body = JSON.parse(text)
    this.wrong.push(...(operation?.body?.check(body) ?? [request.url]))
    await sleep(this.takes)
    if (body.events) return this.#keep(body.events, response)
    const rows: Features[] = body.rows ?? [body]
    const status = rows.some(this.poison)
      ? 422
      : { answer: 200, fail: 500, lie: 200, refuse: 422 }[this.behaviour]
    const values = rows.map(({ last }) => last)
    const score = body.rows ? { values, model: 'm' } : { value: values[0], model: 'm' }
    response.writeHead(status, {
      'content-type': 'application/json',
      'server-timing': 'validate;dur=0.2, predict;dur=0.3',
    })
    response.end(JSON.stringify(this.behaviour === 'lie' ? { ...score, more: 1 } : score))
  })

  /** As services/data does, if there is one. */
  #keep({ length: accepted }: unknown[], response: ServerResponse): void {
    const status = this.behaviour === 'answer' ? 202 : 500
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ accepted, duplicates: 0, refused: [] }))
  }

  static async start(): Promise<StandIn> {
    const ml = new StandIn()
    await once(ml.#server.listen(0, '127.0.0.1'), 'listening')
    after(() => {
      ml.#server.close()
      ml.#server.closeAllConnections()
    })
    ml.url = `http://127.0.0.1:${(ml.#server.address() as AddressInfo).port}`
    return ml
  }
}
