/** A Redis function library: what `FUNCTION LOAD REPLACE` gets, and the name that `FUNCTION LIST` shows. */
export interface FunctionLibrary {
  readonly name: string;
  readonly source: string;
}

/**
 * The only code that changes the presence of a wedding in Redis. It must be loaded on every primary: functions
 * replicate to replicas and survive a failover, but they do not travel from one primary to another.
 *
 * The version is part of the name and of every function, so that two versions can live side by side during a
 * rollout. A change of a key, an argument or an answer is a new version.
 *
 * KEYS, all of one slot: 1 connections (hash: connection id to entry), 2 leases (sorted set: pod to deadline),
 * 3 graces (sorted set: connection id to deadline), 4 meta (hash: e epoch, s sequence number, b last beat),
 * 5 the sharded channel, declared as a key so that it is checked to be of the same slot.
 *
 * ARGV of every function: 1 pod incarnation or empty (a reader that serves nobody), 2 lease in ms, 3 time to live of
 * the keys in ms, 4 and 5 the epoch and sequence number the caller has seen, 6 a stamp that is published with the
 * change. Times are those of the primary (`TIME`).
 *
 * An entry: u user, b body (JSON text that Redis never looks into), p pod, a `p` present or `r` reconnecting,
 * y reason of `r`, t since, w last update, v sequence number of the last change, g grace in ms.
 *
 * A message on the channel: {e, s, o stamp, c: [{i connection, v entry} or {i connection, y reason of the removal}]}.
 */
export const PRESENCE_FUNCTIONS: FunctionLibrary = {
  name: 'presence1',
  source: `#!lua name=presence1

local function remove(ctx, id, reason)
  redis.call('HDEL', ctx.connections, id)
  redis.call('ZREM', ctx.graces, id)
  ctx.changes[#ctx.changes + 1] = { i = id, y = reason }
end

local function store(ctx, id, entry)
  entry.v = ctx.seq + 1
  redis.call('HSET', ctx.connections, id, cjson.encode(entry))
  ctx.changes[#ctx.changes + 1] = { i = id, v = entry }
end

local function lose(ctx, id, entry, reason)
  if entry.g <= 0 then
    remove(ctx, id, reason)
    return
  end
  entry.a = 'r'
  entry.y = reason
  redis.call('ZADD', ctx.graces, ctx.now + entry.g, id)
  store(ctx, id, entry)
end

-- A pod whose lease ran out is dead: all its people at once, in one message. Then those whose grace is over.
local function sweep(ctx)
  local dead = redis.call('ZRANGEBYSCORE', ctx.leases, '-inf', ctx.now)
  if #dead > 0 then
    local gone = {}
    for _, pod in ipairs(dead) do
      gone[pod] = true
      redis.call('ZREM', ctx.leases, pod)
    end
    local all = redis.call('HGETALL', ctx.connections)
    for i = 1, #all, 2 do
      local entry = cjson.decode(all[i + 1])
      if entry.a == 'p' and gone[entry.p] then
        lose(ctx, all[i], entry, 'server_lost')
      end
    end
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ctx.graces, '-inf', ctx.now)) do
    local raw = redis.call('HGET', ctx.connections, id)
    remove(ctx, id, raw and cjson.decode(raw).y or 'lost')
  end
end

-- Sets epoch and sequence number. Without meta there is no state: what is left of it must not mix with the new one.
-- A caller that has seen a later number than there is proves that a failover lost writes: numbers will be used
-- twice, so they get a new epoch.
local function open_epoch(ctx, meta, stamp, known_epoch, known_seq)
  ctx.epoch = meta[1]
  ctx.seq = tonumber(meta[2] or '0')
  local fresh = not ctx.epoch
  if fresh then
    redis.call('DEL', ctx.connections, ctx.leases, ctx.graces)
    ctx.seq = 0
  end
  if fresh or (known_epoch == ctx.epoch and known_seq > ctx.seq) then
    ctx.epoch = stamp
    ctx.fenced = not fresh
    redis.call('HSET', ctx.meta, 'e', ctx.epoch, 's', ctx.seq)
  end
end

local function open(keys, args)
  local time = redis.call('TIME')
  local ctx = {
    connections = keys[1], leases = keys[2], graces = keys[3], meta = keys[4], channel = keys[5],
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
    pod = args[1], ttl = args[3], origin = args[6], changes = {},
  }
  local lease = tonumber(args[2])
  local meta = redis.call('HMGET', ctx.meta, 'e', 's', 'b')
  open_epoch(ctx, meta, time[1] .. string.format('%06d', tonumber(time[2])), args[4], tonumber(args[5]))
  -- When nobody could renew for longer than a lease, Redis was away, not the pods: all of them get a new lease.
  local last = tonumber(meta[3] or '0')
  if last > 0 and ctx.now - last > lease then
    for _, pod in ipairs(redis.call('ZRANGE', ctx.leases, 0, -1)) do
      redis.call('ZADD', ctx.leases, ctx.now + lease, pod)
    end
  end
  redis.call('HSET', ctx.meta, 'b', ctx.now)
  if ctx.pod ~= '' then
    redis.call('ZADD', ctx.leases, ctx.now + lease, ctx.pod)
  end
  sweep(ctx)
  return ctx
end

local function commit(ctx)
  if #ctx.changes > 0 or ctx.fenced then
    ctx.seq = redis.call('HINCRBY', ctx.meta, 's', 1)
    local message = { e = ctx.epoch, s = ctx.seq, o = ctx.origin }
    if #ctx.changes > 0 then
      message.c = ctx.changes
    end
    redis.call('SPUBLISH', ctx.channel, cjson.encode(message))
  end
  for _, key in ipairs({ ctx.connections, ctx.leases, ctx.graces, ctx.meta }) do
    redis.call('PEXPIRE', key, ctx.ttl)
  end
  return { ctx.epoch, ctx.seq }
end

local function commit_with_state(ctx)
  local answer = commit(ctx)
  answer[3] = redis.call('HGETALL', ctx.connections)
  return answer
end

-- The entry that this connection replaces goes in the same message, so nobody sees the person leave.
local function take_over(ctx, id, user)
  local raw = redis.call('HGET', ctx.connections, id)
  local entry = raw and cjson.decode(raw)
  if not entry or entry.u ~= user then
    return nil
  end
  remove(ctx, id, 'moved')
  return entry
end

-- join and update. ARGV 7 connection, 8 user, 9 body, 10 grace in ms, 11 connection to replace or empty,
-- 12 connections a wedding may have, 13 '1' to get the whole state back.
local function put(keys, args)
  local ctx = open(keys, args)
  local id, user, body, resume = args[7], args[8], args[9], args[11]
  local raw = redis.call('HGET', ctx.connections, id)
  local entry = raw and cjson.decode(raw) or nil
  if not entry and resume ~= '' and resume ~= id then
    entry = take_over(ctx, resume, user)
  end
  if not entry and redis.call('HLEN', ctx.connections) >= tonumber(args[12]) then
    commit(ctx)
    return redis.error_reply('PRESENCEFULL the wedding has as many connections as it may have')
  end
  local same_body = entry and entry.b == body
  if not (raw and same_body and entry.a == 'p' and entry.p == ctx.pod) then
    redis.call('ZREM', ctx.graces, id)
    store(ctx, id, {
      u = user, b = body, p = ctx.pod, a = 'p', g = tonumber(args[10]),
      t = entry and entry.t or ctx.now, w = same_body and entry.w or ctx.now,
    })
  end
  if args[13] == '1' then
    return commit_with_state(ctx)
  end
  return commit(ctx)
end

-- ARGV 7 connection.
local function leave(keys, args)
  local ctx = open(keys, args)
  if redis.call('HEXISTS', ctx.connections, args[7]) == 1 then
    remove(ctx, args[7], 'left')
  end
  return commit(ctx)
end

-- ARGV 7 connection, 8 reason.
local function drop(keys, args)
  local ctx = open(keys, args)
  local raw = redis.call('HGET', ctx.connections, args[7])
  local entry = raw and cjson.decode(raw)
  if entry and entry.a == 'p' and entry.p == ctx.pod then
    lose(ctx, args[7], entry, args[8])
  end
  return commit(ctx)
end

local function beat(keys, args)
  return commit(open(keys, args))
end

local function snapshot(keys, args)
  return commit_with_state(open(keys, args))
end

redis.register_function('presence1_put', put)
redis.register_function('presence1_leave', leave)
redis.register_function('presence1_drop', drop)
redis.register_function('presence1_beat', beat)
redis.register_function('presence1_snapshot', snapshot)
`,
};
