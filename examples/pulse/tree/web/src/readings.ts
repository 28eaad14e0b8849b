import { clientOf } from '#client/http'
import { channels, type Operations, operations, type Reading } from '#contract/readings'
import type { Event } from '#contract/realtime'
import { live } from './live.ts'
import { token } from './token.ts'

const service = clientOf<Operations>(operations, { token })
const KEEP = 600

interface Point {
  source: string
  time: number
  value: number | null
  forecast: number | null
}

/** The newest readings, oldest first, each once, and what was forecast for them. */
export class Readings {
  list: Reading[] = []
  forecasts = new Map<string, number>()
  #known = new Set<string>()

  add(reading: Reading): void {
    if (this.#known.has(reading.id)) return
    this.#known.add(reading.id)
    const before = this.list.findLastIndex(({ at }) => at <= reading.at)
    this.list.splice(before + 1, 0, reading)
    for (const { id } of this.list.splice(0, this.list.length - KEEP)) {
      this.#known.delete(id)
      this.forecasts.delete(id)
    }
  }

  sources(): string[] {
    return [...new Set(this.list.map(({ source }) => source))].sort()
  }

  latest(source: string): Reading | undefined {
    return this.list.findLast((reading) => reading.source === source)
  }

  /** Columns for the chart: the times in seconds, then per source its values and its forecasts. */
  columns(sources: string[]): [number[], ...(number | null)[][]] {
    const points = sources.flatMap((source) => this.#points(source))
    points.sort((a, b) => a.time - b.time)
    const lines = sources.flatMap((source) => [
      points.map((point) => (point.source === source ? point.value : null)),
      points.map((point) => (point.source === source ? point.forecast : null)),
    ])
    return [points.map(({ time }) => time), ...lines]
  }

  /** The readings of a source, each with what the one before had forecast, and what is to come. */
  #points(source: string): Point[] {
    const own = this.list.filter((reading) => reading.source === source)
    const points = own.map(({ value, at }, index): Point => {
      const time = Date.parse(at) / 1000
      return { source, time, value, forecast: this.#forecast(own[index - 1]) }
    })
    const forecast = this.#forecast(own.at(-1))
    const [before, last] = points.slice(-2)
    if (forecast === null || !before || !last) return points
    return [...points, { source, time: 2 * last.time - before.time, value: null, forecast }]
  }

  #forecast(reading: Reading | undefined): number | null {
    return this.forecasts.get(reading?.id ?? '') ?? null
  }
}

/** Shared by the panels. */
export const readings = new Readings()
const watchers = new Set<(event?: Event) => void>()

/** Calls the watcher whenever the readings, or what is known of them, have changed. */
export function follow(watcher: (event?: Event) => void): void {
  watchers.add(watcher)
  if (watchers.size === 1) live.subscribe(channels.readings, { event: tell, accepted: catchUp })
}

function tell(event?: Event): void {
  if (event?.type === 'reading') readings.add(event.reading)
  for (const watcher of watchers) watcher(event)
}

let stale = false

/** What was measured before the page opened, or while it was away for too long. */
async function catchUp({ recovered }: { recovered: boolean }): Promise<void> {
  stale ||= !recovered
  if (!stale) return
  stale = false
  // Without them the page still shows every reading from now on, and asks when it is back again.
  const earlier = await service.listReadings({ limit: 300 }).catch(() => {
    stale = true
    return []
  })
  for (const reading of earlier) readings.add(reading)
  tell()
}
