// Socket.IO, over WebSocket alone.
// node socketio.mjs PORT FOLDER_ABOVE_NODE_MODULES
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const [port, folder] = process.argv.slice(2)
const { Server } = createRequire(`${folder}/`)('socket.io')
const server = createServer()
const io = new Server(server, { transports: ['websocket'], serveClient: false })

io.on('connection', (socket) => socket.on('publish', (data) => io.emit('event', data)))
server.listen(Number(port), '127.0.0.1')
