import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

interface Value {
  stringValue?: string
  intValue?: string
}
interface Attributed {
  attributes: { key: string; value: Value }[]
}
export interface Sent extends Attributed {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  status?: { code: number }
}

export const attributesOf = ({ attributes }: Attributed) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))

/** A collector as OpenTelemetry specifies it: OTLP/JSON over HTTP. */
export class Collector {
  readonly url: string
  bodies: { resourceSpans: { resource: Attributed; scopeSpans: { spans: Sent[] }[] }[] }[] = []
  heard: { url?: string | undefined; headers?: IncomingHttpHeaders } = {}
  status = 200

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(): Promise<Collector> {
    const server = createServer(async (request, response) => {
      mine.heard = { url: request.url, headers: request.headers }
      let text = ''
      for await (const chunk of request) text += chunk
      if (mine.status === 200) mine.bodies.push(JSON.parse(text))
      response.writeHead(mine.status).end('{}')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    after(() => server.close())
    const mine = new Collector((server.address() as AddressInfo).port)
    return mine
  }

  forget(): void {
    this.bodies = []
    this.heard = {}
  }

  parts() {
    return this.bodies.flatMap(({ resourceSpans }) => resourceSpans)
  }

  spans(): Sent[] {
    return this.parts().flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  }
}
