// What has to happen at once in Redis, in its Lua. The keys of a destination are, in this order: the stream of what
// waits, the ids in it, which instance calls, what was set aside. They are made for one server, not for a cluster.

/** Keeps one more, and says how many there are: -1 when there is no room. Then: how many may be, id, time, body. */
export const PUT = `
local most, id, at, body = unpack(ARGV)
local length = redis.call('XLEN', KEYS[1])
if redis.call('HEXISTS', KEYS[2], id) == 1 then return length end
if length >= tonumber(most) then return -1 end
redis.call('HSET', KEYS[2], id, '')
redis.call('XADD', KEYS[1], '*', 'id', id, 'at', at, 'body', body)
return length + 1
`

/**
 * The oldest that wait, if this instance may call: others may when it has not asked for a while. What an instance took
 * that died since is claimed first. Then: instance, milliseconds until it counts as dead, how many.
 */
export const TAKE = `
local instance, life, most = unpack(ARGV)
local caller = redis.call('GET', KEYS[3])
if caller and caller ~= instance then return false end
redis.call('SET', KEYS[3], instance, 'PX', life)
redis.pcall('XGROUP', 'CREATE', KEYS[1], 'instances', '0', 'MKSTREAM')
local claim = { 'instances', 'caller', 0, '0-0', 'COUNT', most }
local entries = redis.call('XAUTOCLAIM', KEYS[1], unpack(claim))[2]
if #entries == 0 then
  local read = { 'GROUP', 'instances', 'caller', 'COUNT', most, 'STREAMS', KEYS[1], '>' }
  local streams = redis.call('XREADGROUP', unpack(read))
  entries = streams and streams[1][2] or {}
end
local answer = {}
for _, entry in ipairs(entries) do
  local fields = entry[2]
  table.insert(answer, { entry[1], fields[2], fields[4], fields[6] })
end
return answer
`

/** They wait no more. Then: place and id of each. */
export const DONE = `
for i = 1, #ARGV, 2 do
  redis.call('XACK', KEYS[1], 'instances', ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
  redis.call('HDEL', KEYS[2], ARGV[i + 1])
end
`

/** Keeps one apart. Then: how many are kept, id, time, body, reason. */
export const KEEP_ASIDE = `
local most, id, at, body, reason = unpack(ARGV)
local entry = { 'id', id, 'at', at, 'body', body, 'reason', reason }
redis.call('XADD', KEYS[4], 'MAXLEN', most, '*', unpack(entry))
`

/** Another may call at once. Then: instance. */
export const LEAVE = `
if redis.call('GET', KEYS[3]) == ARGV[1] then redis.call('DEL', KEYS[3]) end
`
