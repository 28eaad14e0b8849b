// Whatever the repository holds, started as its README says: every service is ready, and a signal ends them all.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { answers, eventually, freePort, play, repository, stop } from './lib.mjs'

await play(async (start) => {
  const isNode = (service) => existsSync(join(repository, 'services', service, 'src/main.ts'))
  const urls = []
  const env = { SIMULATION: 'off', LOG_LEVEL: 'error' }
  for (const service of readdirSync(join(repository, 'services'))) {
    const name = service.toUpperCase()
    const port = `${await freePort()}`
    const url = `http://127.0.0.1:${port}`
    Object.assign(env, isNode(service) ? { PORT: port, NODE_URL: url } : { [`${name}_PORT`]: port, [`${name}_URL`]: url })
    urls.push(url)
  }
  const all = start(existsSync(join(repository, 'package.json')) ? 'npm start' : 'python3 tasks.py start', env)
  for (const url of urls) await answers(`${url}/readyz`, 60)
  await stop(all)
  // Who starts them may end before what they have under way.
  for (const url of urls) await eventually(`${url} ends`, () => assert.rejects(fetch(`${url}/livez`), 'it still answers'))
})
