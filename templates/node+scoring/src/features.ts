import type { Reading } from '@repo/contract/readings'
import type { Features } from '@repo/contract/scoring'

/** How many readings `mean` and `trend` are taken from, as the contract says. */
export const WINDOW = 12

/** What the model is asked: the newest readings of one source, oldest first, at least one. */
export function featuresOf(readings: Reading[]): Features {
  const window = readings.slice(-WINDOW)
  const values = window.map(({ value }) => value)
  const [first = 0] = values
  const last = values.at(-1) ?? 0
  const at = new Date(window.at(-1)?.at ?? 0)
  return {
    hour: at.getUTCHours(),
    weekday: (at.getUTCDay() + 6) % 7,
    last,
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    trend: values.length > 1 ? (last - first) / (values.length - 1) : 0,
  }
}
