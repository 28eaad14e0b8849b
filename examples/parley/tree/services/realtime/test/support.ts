import { existsSync } from 'node:fs'
import { after } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { createApp } from '../src/app.ts'

export interface Service {
  app: FastifyInstance
  url: string
}

/** Services that somebody runs beside the tests are left alone. */
export const NOBODY = { DATA_URL: 'http://127.0.0.1:9', ML_URL: 'http://127.0.0.1:9' }

/** The real service on a free port, until the tests of the file are over. */
export async function start(env: Record<string, string> = {}): Promise<Service> {
  const kept = { DATABASE: ':memory:', OUTBOX: ':memory:', ...NOBODY }
  const app = await createApp({ LOG_LEVEL: 'fatal', SIMULATION: 'off', ...kept, ...env })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  after(() => app.close())
  return { app, url }
}

/** Settings that lead to what stands in for the services beside this one, where any is asked. */
export async function beside(): Promise<Record<string, string>> {
  const file = `${import.meta.dirname}/stand-in.ts`
  return existsSync(file) ? (await import(file)).standIn() : {}
}

export function send(url: string, method: string, body: unknown, headers = {}): Promise<Response> {
  const json = { 'content-type': 'application/json', ...headers }
  return fetch(url, { method, headers: json, body: JSON.stringify(body) })
}

/** The body of an answer, taken for what the test expects it to be. */
export const json = async <T>(answer: Response | Promise<Response>) =>
  (await (await answer).json()) as T
