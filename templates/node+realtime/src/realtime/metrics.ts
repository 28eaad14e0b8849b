import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Channel } from './channel.ts'
import type { Hub } from './hub.ts'
import type { Streams } from './streams.ts'
import type { Upgrades } from './upgrades.ts'

/** What the hub has counted, for Prometheus. */
export function measure(registry: Registry, hub: Hub, upgrades: Upgrades, streams: Streams): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read())
      },
    })
  const labelled = (name: string, help: string, label: string, read: () => Map<number, number>) =>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset()
        for (const [value, count] of read()) this.inc({ [label]: value }, count)
      },
    })
  const { count } = hub
  const sum = (read: (channel: Channel) => number) =>
    [...hub.channels].reduce((total, channel) => total + read(channel), 0)
  gauge('websocket_connections', 'Open WebSockets', () => upgrades.connections.size)
  gauge('http_streams', 'Open streams over HTTP', () => streams.size)
  gauge('realtime_channels', 'Channels that are followed', () => sum(() => 1))
  gauge('realtime_subscriptions', 'Channels heard, over all connections', () =>
    sum(({ peers }) => peers.size),
  )
  gauge('realtime_members', 'Members, over all channels', () => sum(({ members }) => members.size))
  gauge('realtime_history_bytes', 'What channels keep', () => sum(({ bytes }) => bytes))
  gauge('realtime_readers_behind', 'Readers that cannot take what is sent', () => count.behind)
  counter('realtime_published_total', 'Events taken', () => count.published)
  counter('realtime_delivered_total', 'Events sent, over all readers', () => count.delivered)
  counter('realtime_dropped_total', 'Events that slow readers lost', () => count.dropped)
  counter('realtime_gaps_total', 'Gaps that readers were told of', () => count.gaps)
  counter('realtime_slow_closed_total', 'Readers that were cut off', () => count.slow)
  counter('realtime_recovered_total', 'Resumed without a gap', () => count.recovered)
  counter('realtime_unrecovered_total', 'Came back too late', () => count.unrecovered)
  labelled('websocket_closed_total', 'Ended connections', 'code', () => upgrades.closed)
  labelled('websocket_refused_total', 'Refused upgrades', 'status', () => upgrades.refused)
  const buckets = [0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5]
  const published = new Histogram({
    name: 'realtime_publish_seconds',
    help: 'Until the broker has an event',
    buckets,
    registers,
  })
  const delivered = new Histogram({
    name: 'realtime_deliver_seconds',
    help: 'From the broker until it is written to all',
    buckets,
    registers,
  })
  hub.observe = (step, ms) => (step === 'publish' ? published : delivered).observe(ms / 1_000)
}
