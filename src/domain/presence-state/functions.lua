#!lua name=presence3

-- A crew of 50 with a hundred interruptions per person fits; two days cover the party and the questions after it.
local HISTORY_LENGTH = 1024
local HISTORY_MS = 172800000

-- Nearly every call is an update, and the search for expired leases and graces is half of its cost: an update skips it
-- when the last search was less than this ago. All other calls always search.
local TIDY_EVERY_MS = 250

-- Library locals live as long as the process, and a promoted replica keeps its own, so this is read once per run.
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
  ctx.changes[#ctx.changes + 1] = cjson.encode({ i = id, y = reason })
end

-- Publishes the same text that it stores. `more` is appended to the change.
local function store(ctx, id, entry, more)
  entry.v = ctx.seq + 1
  local text = cjson.encode(entry)
  redis.call('HSET', ctx.connections, id, text)
  ctx.changes[#ctx.changes + 1] = '{"i":' .. cjson.encode(id) .. ',"v":' .. text .. (more or '') .. '}'
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

-- A pod whose lease has expired is dead: all its people become reconnecting in one message. Then people whose grace has
-- expired are removed.
local function tidy_up(ctx)
  if ctx.tidied then
    return
  end
  ctx.tidied = true
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

-- Sets epoch and sequence number. Without meta there is no state: remains of an old one must not mix with the new one.
-- When the primary is not the one of the epoch, or the caller has seen a later number than the stored one, writes may be
-- lost: numbers would be used twice, so a new epoch starts.
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

-- `may_skip_search`: skips the search for expired leases and graces when the last one was less than TIDY_EVERY_MS ago.
local function open(keys, args, may_skip_search)
  local time = redis.call('TIME')
  local ctx = {
    connections = keys[1], leases = keys[2], graces = keys[3], meta = keys[4], channel = keys[5],
    stream = keys[6], history = {},
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
    pod = args[1], ttl = args[3], origin = args[6], changes = {},
  }
  local lease = tonumber(args[2])
  local meta = redis.call('HMGET', ctx.meta, 'e', 's', 'b', 'r', 'w')
  open_epoch(ctx, meta, time[1] .. string.format('%06d', tonumber(time[2])), args[4], tonumber(args[5]))
  -- When no pod could renew for longer than a lease, Redis was away, not the pods: all of them get a new lease.
  local last = tonumber(meta[3] or '0')
  if last > 0 and ctx.now - last > lease then
    for _, pod in ipairs(redis.call('ZRANGE', ctx.leases, 0, -1)) do
      redis.call('ZADD', ctx.leases, ctx.now + lease, pod)
    end
  end
  if ctx.pod ~= '' then
    redis.call('ZADD', ctx.leases, ctx.now + lease, ctx.pod)
  end
  if not may_skip_search or math.abs(ctx.now - tonumber(meta[5] or '0')) >= TIDY_EVERY_MS then
    tidy_up(ctx)
  end
  return ctx
end

local function publish(ctx)
  local changes = ''
  if #ctx.changes > 0 then
    changes = ',"c":[' .. table.concat(ctx.changes, ',') .. ']'
  end
  redis.call('SPUBLISH', ctx.channel, string.format('{"e":"%s","s":%d,"o":', ctx.epoch, ctx.seq)
    .. cjson.encode(ctx.origin) .. changes .. '}')
end

local function commit(ctx)
  local written = { 'b', ctx.now }
  if #ctx.changes > 0 or ctx.fenced then
    ctx.seq = ctx.seq + 1
    written[3], written[4] = 's', ctx.seq
    publish(ctx)
  end
  if ctx.tidied then
    written[#written + 1] = 'w'
    written[#written + 1] = ctx.now
  end
  redis.call('HSET', ctx.meta, unpack(written))
  for _, entry in ipairs(ctx.history) do
    redis.call('XADD', ctx.stream, 'MAXLEN', '~', HISTORY_LENGTH, '*', unpack(entry))
  end
  if #ctx.history > 0 then
    redis.call('PEXPIRE', ctx.stream, HISTORY_MS)
  end
  if ctx.tidied then
    for _, key in ipairs({ ctx.connections, ctx.leases, ctx.graces, ctx.meta }) do
      redis.call('PEXPIRE', key, ctx.ttl)
    end
  end
  return { ctx.epoch, ctx.seq }
end

local function commit_with_state(ctx)
  local answer = commit(ctx)
  answer[3] = redis.call('HGETALL', ctx.connections)
  return answer
end

-- The replaced entry is removed in the same message, so no client sees the person leave.
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
-- 12 maximum of connections per wedding, 13 '1' to get the whole state back, 14 role.
local function put(keys, args)
  local ctx = open(keys, args, args[13] ~= '1')
  local id, user, body, resume = args[7], args[8], args[9], args[11]
  local raw = redis.call('HGET', ctx.connections, id)
  if not raw then
    tidy_up(ctx)
  end
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
    if not raw then
      note(ctx, id, user, entry and 'resumed' or 'joined', nil, args[14])
    elseif entry.a ~= 'p' then
      redis.call('ZREM', ctx.graces, id)
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
-- The third part of the answer lists the changed connections.
local function patch(keys, args)
  local ctx = open(keys, args)
  local done = {}
  for at = 7, #args - 2, 3 do
    local raw = redis.call('HGET', ctx.connections, args[at])
    local entry = raw and cjson.decode(raw)
    if entry and entry.b == args[at + 1] then
      entry.b = args[at + 2]
      entry.w = ctx.now
      store(ctx, args[at], entry, ',"f":1')
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

redis.register_function('presence3_put', put)
redis.register_function('presence3_leave', leave)
redis.register_function('presence3_drop', drop)
redis.register_function('presence3_patch', patch)
redis.register_function('presence3_beat', beat)
redis.register_function('presence3_snapshot', snapshot)
