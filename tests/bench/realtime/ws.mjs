// Bare ws, as one would write it who serialises once; beside it server-sent events on bare node:http.
// node ws.mjs PORT FOLDER_ABOVE_NODE_MODULES
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const [port, folder] = process.argv.slice(2)
const { WebSocketServer } = createRequire(`${folder}/`)('ws')
const readers = new Set()

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
  response.write('retry: 2000\n\n')
  readers.add(response)
  response.on('close', () => readers.delete(response))
})
const sockets = new WebSocketServer({ server, perMessageDeflate: false })

sockets.on('connection', (socket, { url }) => {
  socket.on('error', () => {})
  if (url === '/echo') socket.on('message', (data) => socket.send(data, { binary: false }))
  else socket.on('message', (data) => publish(JSON.parse(data.toString()).data))
})

function publish(data) {
  const text = JSON.stringify({ type: 'event', data })
  const bytes = Buffer.from(text)
  for (const socket of sockets.clients) socket.send(bytes, { binary: false })
  if (readers.size === 0) return
  const event = Buffer.from(`data: ${text}\n\n`)
  for (const response of readers) response.write(event)
}

server.listen(Number(port), '127.0.0.1')
