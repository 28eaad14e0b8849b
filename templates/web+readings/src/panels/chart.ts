import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import './readings.css'
import { clock, eachFrame, h, type Panel, round } from '../page.ts'
import { follow, readings } from '../readings.ts'

// Readable on a light and on a dark page.
const colours = ['#4a7fd4', '#d98a1f', '#2f9e8f', '#c75d9b', '#8d6be0', '#cf5b4a', '#6f9a2a']
const colour = (index: number) => colours[index % colours.length] as string
const sizeOf = (box: HTMLElement) => ({ width: box.clientWidth, height: box.clientHeight })

/** A line per source and, once there are forecasts, a dashed line beside it. */
function plot(box: HTMLElement, sources: string[]): uPlot {
  const axis = {
    stroke: () => getComputedStyle(box).color,
    grid: { stroke: '#8884', width: 1 },
    ticks: { show: false },
  }
  const times = (_: uPlot, seconds: number[]) => seconds.map((second) => clock(second * 1000))
  const lines = sources.flatMap((_, index) => {
    const line = { stroke: colour(index), spanGaps: true, points: { show: false } }
    return [
      { ...line, width: 2 },
      { ...line, width: 1.5, dash: [3, 4] },
    ]
  })
  const options: uPlot.Options = {
    ...sizeOf(box),
    legend: { show: false },
    cursor: { show: false },
    axes: [
      { ...axis, space: 110, values: times },
      { ...axis, size: 44, space: 50 },
    ],
    series: [{}, ...lines],
  }
  return new uPlot(options, readings.columns(sources), box)
}

function tile(source: string, index: number): HTMLElement {
  const latest = readings.latest(source)
  const forecast = readings.forecasts.get(latest?.id ?? '')
  const tile = h(
    'li',
    {},
    h('span', { class: 'small quiet' }, source),
    h('strong', {}, round(latest?.value ?? 0)),
    h('span', { class: 'small quiet' }, forecast === undefined ? '' : `next ${round(forecast)}`),
  )
  tile.style.setProperty('--colour', colour(index))
  return tile
}

/** Every source with its newest value, and all of them over time. */
export default {
  title: 'Readings',
  order: 20,
  width: 'wide',
  mount(into) {
    const empty = 'Nothing has been measured yet. The first reading appears here by itself.'
    const tiles = h('ul', { class: 'tiles' })
    const box = h('div', { class: 'chart', role: 'img', 'aria-label': 'Readings over time' })
    box.append(h('p', { class: 'empty' }, empty))
    into.append(tiles, box)

    let shown = ''
    let chart: uPlot | undefined
    const draw = eachFrame(() => {
      const sources = readings.sources()
      if (sources.length === 0) return
      tiles.replaceChildren(...sources.map(tile))
      if (sources.join() === shown) return chart?.setData(readings.columns(sources))
      shown = sources.join()
      box.replaceChildren()
      chart = plot(box, sources)
    })
    follow(draw)
    new ResizeObserver(() => chart?.setSize(sizeOf(box))).observe(box)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart?.redraw())
  },
} satisfies Panel
