import type { Readings } from './plugins/readings.ts'
import { newTrace } from './telemetry.ts'

// Delete this file and its call when your own sources send theirs to `addReading` of the contract.
const SOURCES = ['north', 'east', 'south']
const EVERY_MS = 1_000

/** Sample readings: levels that swing slowly, with noise that fades. Returns the way to stop them. */
export function simulate(readings: Readings): () => void {
  const drift = SOURCES.map(() => 0)
  let turn = 0
  const timer = setInterval(() => {
    const index = turn++ % SOURCES.length
    const noise = 0.4 * (drift[index] ?? 0) + gaussian(2)
    drift[index] = noise
    const swing = 12 * Math.sin(turn / 90 + 2 * index)
    const value = Math.round((45 + 12 * index + swing + noise) * 10) / 10
    const reading = { source: SOURCES[index] ?? '', value }
    readings.add(reading, newTrace(undefined)).catch(() => {}) // the next one comes in a second
  }, EVERY_MS)
  return () => clearInterval(timer)
}

/** Box and Muller, 1958. */
function gaussian(deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - Math.random()))
  return deviation * radius * Math.cos(2 * Math.PI * Math.random())
}
