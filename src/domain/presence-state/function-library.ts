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
 * rollout (version 1 had no history and no run id; its keys are otherwise the same, so pods of both see each other). A
 * change of a key, an argument or an answer is a new version.
 *
 * KEYS, all of one slot: 1 connections (hash: connection id to entry), 2 leases (sorted set: pod to deadline),
 * 3 graces (sorted set: connection id to deadline), 4 meta (hash: e epoch, s sequence number, b last beat, r run id),
 * 5 the sharded channel, declared as a key so that it is checked to be of the same slot, 6 history (stream: who came, was
 * lost and went; at most about 1,024 entries, kept for two days).
 *
 * An epoch belongs to one run of one primary (`run_id` of INFO, read once a process): after a failover or a restart,
 * planned or not, numbers may have been lost, so the first call begins a new epoch.
 *
 * ARGV of every function: 1 pod incarnation or empty (a reader that serves nobody), 2 lease in ms, 3 time to live of
 * the keys in ms, 4 and 5 the epoch and sequence number the caller has seen, 6 a stamp that is published with the
 * change. Times are those of the primary (`TIME`).
 *
 * An entry: u user, b body (JSON text that Redis never looks into), p pod, a `p` present or `r` reconnecting,
 * y reason of `r`, t since, w last update, v sequence number of the last change, g grace in ms.
 *
 * A message on the channel: {e, s, o stamp, c: [{i connection, v entry} or {i connection, y reason of the removal}]};
 * f in a change says that somebody else than the pod of the connection set the body, and the pod has to take it over.
 *
 * An entry of the history: i connection, u user, k what happened (joined, resumed, back, reconnecting, gone), y reason,
 * r role (of joined and resumed).
 */
export const PRESENCE_FUNCTIONS: FunctionLibrary = {
  name: 'presence2',
  source: `#!lua name=presence2

-- A crew of 50 with a hundred interruptions a person fits; two days cover the party and the questions after it.
local HISTORY_LENGTH = 1024
local HISTORY_MS = 172800000

-- Library locals live as long as the process, and a promoted replica keeps its own, so this is read once a run.
local run_id

local function run_of_primary()
  if not run_id then
    local info = redis.pcall('INFO', 'server')
    run_id = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
  end
  return run_id
end

local function note(ctx, id, user, kind, reason, role)
  ctx.history[#ctx.history + 1] = { 'i', id, 'u', user, 'k', kind, 'y', reason or '', 'r', role or '' }
end

local function remove(ctx, id, reason, user)
  if user then
    note(ctx, id, user, 'gone', reason)
  end
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
    remove(ctx, id, reason, entry.u)
    return
  end
  note(ctx, id, entry.u, 'reconnecting', reason)
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
    local entry = raw and cjson.decode(raw)
    remove(ctx, id, entry and entry.y or 'lost', entry and entry.u)
  end
end

-- Sets epoch and sequence number. Without meta there is no state: what is left of it must not mix with the new one.
-- A primary that is not the one of the epoch, or a caller that has seen a later number than there is, means that writes
-- may be lost: numbers would be used twice, so they get a new epoch.
local function open_epoch(ctx, meta, stamp, known_epoch, known_seq)
  ctx.epoch = meta[1]
  ctx.seq = tonumber(meta[2] or '0')
  local fresh = not ctx.epoch
  local run = run_of_primary()
  local other_run = meta[4] and meta[4] ~= run
  if fresh then
    redis.call('DEL', ctx.connections, ctx.leases, ctx.graces)
    ctx.seq = 0
  end
  if fresh or other_run or (known_epoch == ctx.epoch and known_seq > ctx.seq) then
    ctx.epoch = stamp
    ctx.fenced = not fresh
    redis.call('HSET', ctx.meta, 'e', ctx.epoch, 's', ctx.seq)
  end
  if meta[4] ~= run then
    redis.call('HSET', ctx.meta, 'r', run)
  end
end

local function open(keys, args)
  local time = redis.call('TIME')
  local ctx = {
    connections = keys[1], leases = keys[2], graces = keys[3], meta = keys[4], channel = keys[5],
    stream = keys[6], history = {},
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
    pod = args[1], ttl = args[3], origin = args[6], changes = {},
  }
  local lease = tonumber(args[2])
  local meta = redis.call('HMGET', ctx.meta, 'e', 's', 'b', 'r')
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
  for _, entry in ipairs(ctx.history) do
    redis.call('XADD', ctx.stream, 'MAXLEN', '~', HISTORY_LENGTH, '*', unpack(entry))
  end
  if #ctx.history > 0 then
    redis.call('PEXPIRE', ctx.stream, HISTORY_MS)
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
  remove(ctx, id, 'moved', user)
  return entry
end

-- join and update. ARGV 7 connection, 8 user, 9 body, 10 grace in ms, 11 connection to replace or empty,
-- 12 connections a wedding may have, 13 '1' to get the whole state back, 14 role.
local function put(keys, args)
  local ctx = open(keys, args)
  local id, user, body, resume = args[7], args[8], args[9], args[11]
  local raw = redis.call('HGET', ctx.connections, id)
  local entry = raw and cjson.decode(raw) or nil
  if entry and entry.u ~= user then
    commit(ctx)
    return redis.error_reply('PRESENCETAKEN the connection is of somebody else')
  end
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
    if not raw then
      note(ctx, id, user, entry and 'resumed' or 'joined', nil, args[14])
    elseif entry.a ~= 'p' then
      note(ctx, id, user, 'back')
    end
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
  local raw = redis.call('HGET', ctx.connections, args[7])
  if raw then
    remove(ctx, args[7], 'left', cjson.decode(raw).u)
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

-- Several bodies at once, on behalf of others. ARGV 7 and on: connection, the body it must still have, the new body.
-- The third part of the answer lists the connections that were changed.
local function patch(keys, args)
  local ctx = open(keys, args)
  local done = {}
  for at = 7, #args - 2, 3 do
    local raw = redis.call('HGET', ctx.connections, args[at])
    local entry = raw and cjson.decode(raw)
    if entry and entry.b == args[at + 1] then
      entry.b = args[at + 2]
      entry.w = ctx.now
      store(ctx, args[at], entry)
      ctx.changes[#ctx.changes].f = 1
      done[#done + 1] = args[at]
    end
  end
  local answer = commit(ctx)
  answer[3] = done
  return answer
end

local function beat(keys, args)
  return commit(open(keys, args))
end

local function snapshot(keys, args)
  return commit_with_state(open(keys, args))
end

redis.register_function('presence2_put', put)
redis.register_function('presence2_leave', leave)
redis.register_function('presence2_drop', drop)
redis.register_function('presence2_patch', patch)
redis.register_function('presence2_beat', beat)
redis.register_function('presence2_snapshot', snapshot)
`,
};
