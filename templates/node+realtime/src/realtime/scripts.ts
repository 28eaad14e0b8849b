// What has to happen at once in Redis, in its Lua. The keys of a channel are, in this order: its place, its stream of
// events, its members. They are made for one server (with replicas), not for a cluster.

/** A channel that nobody publishes on or follows is kept for an hour. */
const KEEP = `
local function keep(key) redis.call('PEXPIRE', key, 3600000) end
`

/** Who knows of more than is there has found out that Redis lost it: then, too, the channel begins anew. */
const EPOCH = `
local function epochOf(place, stream, candidate, known, heard)
  local epoch = redis.call('HGET', place, 'epoch')
  local offset = epoch and tonumber(redis.call('HGET', place, 'offset'))
  if epoch and not (epoch == known and offset < tonumber(heard)) then return epoch end
  redis.call('DEL', stream)
  redis.call('HSET', place, 'epoch', candidate, 'offset', 0)
  return candidate
end
`

/** Places an event, keeps it and tells everyone. Then: epoch of a new channel, position known, event, events kept, channel, key, its milliseconds. */
export const PLACE = `${KEEP}${EPOCH}
local candidate, known, heard, event, most, channel, key, life = unpack(ARGV)
local placed = key ~= '' and redis.call('GET', key)
if placed then return placed end
local epoch = epochOf(KEYS[1], KEYS[2], candidate, known, heard)
local offset = redis.call('HINCRBY', KEYS[1], 'offset', 1)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', most, offset .. '-1', 'event', event)
keep(KEYS[1])
keep(KEYS[2])
placed = epoch .. ' ' .. offset .. ' ' .. event
if key ~= '' then redis.call('SET', key, placed, 'PX', life) end
redis.call('PUBLISH', channel, 'event ' .. placed)
return placed
`

/** Where a channel stands, and its newest events, the newest first. Then: epoch of a new channel, position known, how many. */
export const READ = `${KEEP}${EPOCH}
local epoch = epochOf(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])
keep(KEYS[1])
keep(KEYS[2])
local answer = { epoch, redis.call('HGET', KEYS[1], 'offset') }
if ARGV[4] == '0' then return answer end
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[4])) do
  table.insert(answer, entry[2][2])
end
return answer
`

/** A member is there by way of an instance. Then: channel, id, name, instance. */
export const ENTER = `${KEEP}
local channel, id, name, instance = unpack(ARGV)
local text = redis.call('HGET', KEYS[3], id)
local member = text and cjson.decode(text) or { id = id, name = name, by = {} }
for _, by in ipairs(member.by) do
  if by == instance then return end
end
table.insert(member.by, instance)
redis.call('HSET', KEYS[3], id, cjson.encode(member))
keep(KEYS[3])
if #member.by == 1 then
  redis.call('PUBLISH', channel, 'joined ' .. cjson.encode({ id = id, name = name }))
end
`

const WITHOUT = `
local function without(channel, member, gone)
  local rest = {}
  for _, by in ipairs(member.by) do
    if not gone(by) then table.insert(rest, by) end
  end
  if #rest == #member.by then return #rest end
  member.by = rest
  if #rest > 0 then redis.call('HSET', KEYS[3], member.id, cjson.encode(member))
  else
    redis.call('HDEL', KEYS[3], member.id)
    redis.call('PUBLISH', channel, 'left ' .. member.id)
  end
  return #rest
end
`

/** No longer. Then: channel, id, instance. */
export const LEAVE = `${WITHOUT}
local text = redis.call('HGET', KEYS[3], ARGV[2])
if text then without(ARGV[1], cjson.decode(text), function(by) return by == ARGV[3] end) end
`

/** Who is there; whoever was there by way of a dead instance has left. Then: channel, what the keys of instances begin with. */
export const MEMBERS = `${KEEP}${WITHOUT}
local dead = {}
local function isDead(by)
  if dead[by] == nil then dead[by] = redis.call('EXISTS', ARGV[2] .. by) == 0 end
  return dead[by]
end
local members = {}
for _, text in ipairs(redis.call('HVALS', KEYS[3])) do
  local member = cjson.decode(text)
  if without(ARGV[1], member, isDead) > 0 then
    table.insert(members, cjson.encode({ id = member.id, name = member.name }))
  end
end
keep(KEYS[3])
return members
`
