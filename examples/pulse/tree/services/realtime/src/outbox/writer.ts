import { parentPort, workerData } from 'node:worker_threads'
import { SqliteStore } from './sqlite.ts'
import type { Most, Store } from './store.ts'

// The thread of thread.ts: does what is asked there, in turns of its own, so that many writes are one transaction.

interface Question {
  id: number
  method: keyof Store
  words: [destination: string, ...unknown[]]
}

export interface Answer {
  id: number
  /** What waits there now. */
  destination?: string
  size?: Most
  result?: unknown
  fault?: Error
}

const store = new SqliteStore(workerData.path, workerData.most)
const never = new AbortController().signal

async function answer({ id, method, words }: Question): Promise<Answer> {
  const [destination] = words
  const ask = store[method] as (...words: unknown[]) => unknown
  try {
    const result = await ask.call(store, ...words, never)
    if (method === 'close') return { id }
    return { id, destination, size: store.size(destination), result }
  } catch (error) {
    return { id, fault: error as Error }
  }
}

parentPort?.on('message', async (question: Question) => {
  parentPort?.postMessage(await answer(question))
})
parentPort?.postMessage('ready')
