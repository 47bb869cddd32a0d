// Generated from functions.lua by `make generate`. Do not edit.

/** The library that Redis runs; `PRESENCE_FUNCTIONS` describes its keys, arguments and answers. */
export const FUNCTION_SOURCE = `#!lua name=presence5

-- A crew of 50 with a hundred interruptions per person fits; two days cover the party and the questions after it.
local HISTORY_LENGTH = 1024
local HISTORY_MS = 172800000
-- Lines over the length before the history is compacted, which reads all of it: so it is read once in so many lines.
local HISTORY_SLACK = 128

-- Nearly every call is an update, and the search for expired leases and graces is half of its cost: an update skips it
-- when the last search was less than this ago. All other calls always search.
local TIDY_EVERY_MS = 250

-- An answer names the leases that end within this time. A server that gets such an answer calls \`expire\` after this time.
local NOTICE_MS = 250

-- Each server calls once per half a lease. A longer gap between two of their calls than this share of a lease was a stall of
-- Redis or of the machine, not of one server.
local STALL_SHARE = 5 / 8
-- After a longer gap than this number of leases no server has the wedding any more.
local STALL_LEASES = 15

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

-- Publishes the same text that it stores. \`more\` is appended to the change.
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

-- Finds the leases that end soon, for the answer, and removes people whose grace has expired. It ends no lease: see \`expire\`.
local function tidy_up(ctx)
  if ctx.tidied then
    return
  end
  ctx.tidied = true
  local ending = redis.call('ZRANGEBYSCORE', ctx.leases, '-inf', ctx.now + NOTICE_MS, 'WITHSCORES')
  if #ending > 0 then
    ctx.ending = ending
  end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', ctx.graces, '-inf', ctx.now)) do
    local raw = redis.call('HGET', ctx.connections, id)
    local entry = raw and cjson.decode(raw)
    remove(ctx, id, entry and entry.y or 'lost', entry and entry.u)
  end
end

-- No deadline of the key is earlier than \`extra\` from now.
local function postpone(key, now, extra)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', now + extra)) do
    redis.call('ZADD', key, now + extra, member)
  end
end

-- Time in which no server could call does not count. After a gap of more than a lease, and on another primary, which
-- servers have to find first, each lease has its whole time again; after a shorter stall half of it. That half is not given
-- twice in two leases, or one slow server could keep a dead one alive. People who reconnect get the same time. A reader,
-- which has no lease, comes at any time, so its calls end no gap, and it gives time once in each: or one that asks now and
-- then would keep people there for ever after their last server has died.
local function allow_for_stall(ctx, lease, last, last_allowance)
  if ctx.pod == '' and not ctx.moved and last_allowance > last then
    return
  end
  local gap = ctx.now - last
  local extra
  if last > 0 and (ctx.moved or gap > lease) then
    extra = lease
  elseif last > 0 and gap > lease * STALL_SHARE and math.abs(ctx.now - last_allowance) > 2 * lease then
    extra = math.floor(lease / 2)
  else
    return
  end
  ctx.allowed = true
  postpone(ctx.leases, ctx.now, extra)
  if gap <= STALL_LEASES * lease then
    postpone(ctx.graces, ctx.now, extra)
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
  ctx.moved = other_run
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

-- \`may_skip_search\`: skips the search for expired leases and graces when the last one was less than TIDY_EVERY_MS ago.
local function open(keys, args, may_skip_search)
  local time = redis.call('TIME')
  local ctx = {
    connections = keys[1], leases = keys[2], graces = keys[3], meta = keys[4], channel = keys[5],
    stream = keys[6], removals = keys[7], history = {},
    now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000),
    pod = args[1], ttl = args[3], origin = args[6], changes = {},
  }
  local lease = tonumber(args[2])
  local meta = redis.call('HMGET', ctx.meta, 'e', 's', 'b', 'r', 'w', 'x')
  open_epoch(ctx, meta, time[1] .. string.format('%06d', tonumber(time[2])), args[4], tonumber(args[5]))
  allow_for_stall(ctx, lease, tonumber(meta[3] or '0'), tonumber(meta[6] or '0'))
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

-- The lines that can go without a change of who was there: a connection that was lost and came back, and the whole life of
-- one that has ended. Oldest first. Of a person who flaps, the shorter interruptions then read as one longer one.
local function spare_lines(lines)
  local spare, lost, life = {}, {}, {}
  for _, line in ipairs(lines) do
    local id, kind = line.i, line.k
    if kind == 'joined' or kind == 'resumed' then
      life[id] = { line.id }
    elseif life[id] then
      table.insert(life[id], line.id)
    end
    if kind == 'reconnecting' then
      lost[id] = line.id
    elseif kind == 'back' and lost[id] then
      spare[#spare + 1] = { lost[id], line.id }
    elseif kind == 'gone' and life[id] then
      spare[#spare + 1] = life[id]
    end
    if kind ~= 'reconnecting' then
      lost[id] = nil
    end
  end
  return spare
end

-- Cuts the history back to its length. The person with the most lines loses the oldest that can go, again and again, so a
-- phone that flaps all day shortens only its own history. A history that is still too long is cut at its beginning.
local function compact(ctx)
  local people, order, excess = {}, {}, -HISTORY_LENGTH
  for _, line in ipairs(redis.call('XRANGE', ctx.stream, '-', '+')) do
    local fields, flat = { id = line[1] }, line[2]
    for at = 1, #flat, 2 do
      fields[flat[at]] = flat[at + 1]
    end
    local person = people[fields.u]
    if not person then
      person = { lines = {} }
      people[fields.u] = person
      order[#order + 1] = person
    end
    table.insert(person.lines, fields)
    excess = excess + 1
  end
  for _, person in ipairs(order) do
    person.left, person.spare, person.next = #person.lines, spare_lines(person.lines), 1
  end
  local gone = {}
  while excess > 0 do
    local most
    for _, person in ipairs(order) do
      if person.spare[person.next] and (not most or person.left > most.left) then
        most = person
      end
    end
    if not most then
      break
    end
    for _, id in ipairs(most.spare[most.next]) do
      if not gone[id] then
        gone[id] = true
        most.left = most.left - 1
        excess = excess - 1
        redis.call('XDEL', ctx.stream, id)
      end
    end
    most.next = most.next + 1
  end
  if excess > 0 then
    redis.call('XTRIM', ctx.stream, 'MAXLEN', HISTORY_LENGTH)
  end
end

local function commit(ctx)
  local written = {}
  if ctx.pod ~= '' then
    written[#written + 1] = 'b'
    written[#written + 1] = ctx.now
  end
  if #ctx.changes > 0 or ctx.fenced then
    ctx.seq = ctx.seq + 1
    written[#written + 1] = 's'
    written[#written + 1] = ctx.seq
    publish(ctx)
  end
  if ctx.tidied then
    written[#written + 1] = 'w'
    written[#written + 1] = ctx.now
  end
  if ctx.allowed then
    written[#written + 1] = 'x'
    written[#written + 1] = ctx.now
  end
  if #written > 0 then
    redis.call('HSET', ctx.meta, unpack(written))
  end
  for _, entry in ipairs(ctx.history) do
    redis.call('XADD', ctx.stream, '*', unpack(entry))
  end
  if #ctx.history > 0 then
    if redis.call('XLEN', ctx.stream) > HISTORY_LENGTH + HISTORY_SLACK then
      compact(ctx)
    end
    redis.call('PEXPIRE', ctx.stream, HISTORY_MS)
  end
  if ctx.tidied then
    for _, key in ipairs({ ctx.connections, ctx.leases, ctx.graces, ctx.meta }) do
      redis.call('PEXPIRE', key, ctx.ttl)
    end
  end
  local answer = { ctx.epoch, ctx.seq }
  if ctx.ending then
    answer[3], answer[4] = '', ctx.ending
  end
  return answer
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

-- The connections of a person: how many, since when the first of them is there, and which was lost first of those that
-- reconnect. A text search comes before the decoding: a body is a string in the entry, so its quotes are escaped, and
-- only the entry's own field can match.
local function connections_of(ctx, user)
  local found = { count = 0 }
  local field = '"u":' .. cjson.encode(user)
  local all = redis.call('HGETALL', ctx.connections)
  for i = 1, #all, 2 do
    local entry = string.find(all[i + 1], field, 1, true) and cjson.decode(all[i + 1])
    if entry and entry.u == user then
      found.count = found.count + 1
      local since = entry.s or entry.t
      if not found.since or since < found.since then
        found.since = since
      end
      if entry.a == 'r' and (not found.lost_seq or entry.v < found.lost_seq) then
        found.lost, found.lost_seq = all[i], entry.v
      end
    end
  end
  return found
end

-- The error for a person whom a planner has removed and who may not come back yet; nil for all others.
local function removal_of(ctx, user)
  local until_ms = tonumber(redis.call('HGET', ctx.removals, user) or '0')
  if until_ms <= ctx.now then
    return nil
  end
  return 'PRESENCEREMOVED ' .. string.format('%d', until_ms)
end

-- Makes room for one more connection of a person; returns the error when there is none. The reconnecting connection that
-- was lost first is removed, in the same message as the new one is added, so no client sees the person leave.
local function make_room(ctx, user, person, wedding_limit, person_limit)
  local wedding_full = redis.call('HLEN', ctx.connections) >= wedding_limit
  if not wedding_full and person.count < person_limit then
    return nil
  end
  if person.lost then
    remove(ctx, person.lost, 'moved', user)
    return nil
  end
  if wedding_full then
    return 'PRESENCEFULL the wedding has as many connections as it may have'
  end
  return 'PRESENCEPERSON the person has as many connections in this wedding as a person may have'
end

-- join and update. ARGV 7 connection, 8 user, 9 body, 10 grace in ms, 11 connection to replace or empty,
-- 12 maximum of connections per wedding, 13 '1' to get the whole state back, 14 role, 15 maximum of connections per
-- person and wedding.
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
    return redis.error_reply('PRESENCETAKEN the connection belongs to another person')
  end
  if not entry and resume ~= '' and resume ~= id then
    entry = take_over(ctx, resume, user)
  end
  local person_since
  if not entry then
    local person = connections_of(ctx, user)
    local refusal = removal_of(ctx, user)
      or make_room(ctx, user, person, tonumber(args[12]), tonumber(args[15]))
    if refusal then
      commit(ctx)
      return redis.error_reply(refusal)
    end
    person_since = person.since
  else
    person_since = entry.s
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
      t = entry and entry.t or ctx.now, s = person_since, w = same_body and entry.w or ctx.now,
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

-- Ends all connections of a person and refuses joins of the person before a time; a time in the past lifts the removal.
-- ARGV 7 user, 8 end of the removal in ms since 1970, 9 maximum of removals per wedding. The third part of the answer is
-- the number of ended connections.
local function expel(keys, args)
  local ctx = open(keys, args)
  local user, until_ms = args[7], tonumber(args[8])
  local all = redis.call('HGETALL', ctx.removals)
  local last, count = until_ms, 0
  for i = 1, #all, 2 do
    if tonumber(all[i + 1]) <= ctx.now then
      redis.call('HDEL', ctx.removals, all[i])
    elseif all[i] ~= user then
      last, count = math.max(last, tonumber(all[i + 1])), count + 1
    end
  end
  if until_ms <= ctx.now then
    redis.call('HDEL', ctx.removals, user)
    local answer = commit(ctx)
    answer[3] = 0
    return answer
  end
  if count >= tonumber(args[9]) then
    commit(ctx)
    return redis.error_reply('PRESENCEREMOVALS the wedding has as many removals as it may have')
  end
  redis.call('HSET', ctx.removals, user, args[8])
  redis.call('PEXPIREAT', ctx.removals, string.format('%d', last))
  local entries, ended = redis.call('HGETALL', ctx.connections), 0
  for i = 1, #entries, 2 do
    if cjson.decode(entries[i + 1]).u == user then
      remove(ctx, entries[i], 'removed', user)
      ended = ended + 1
    end
  end
  local answer = commit(ctx)
  answer[3] = ended
  return answer
end

-- Ends leases, each with its people in one message. ARGV 7 and on: pod, the end of its lease as an answer gave it. A pod
-- that has called meanwhile has another end, and is alive. The caller got that answer before it sent this call, so calls
-- that waited in front of Redis at the time of the answer have been served since, however long Redis stood still. No
-- clock decides here.
local function expire(keys, args)
  local ctx = open(keys, args)
  local gone, any = {}, false
  for at = 7, #args - 1, 2 do
    local pod = args[at]
    if redis.call('ZSCORE', ctx.leases, pod) == args[at + 1] then
      redis.call('ZREM', ctx.leases, pod)
      gone[pod], any = true, true
    end
  end
  ctx.ending = nil
  if any then
    local all = redis.call('HGETALL', ctx.connections)
    for i = 1, #all, 2 do
      local entry = cjson.decode(all[i + 1])
      if entry.a == 'p' and gone[entry.p] then
        lose(ctx, all[i], entry, 'server_lost')
      end
    end
  end
  return commit(ctx)
end

local function beat(keys, args)
  return commit(open(keys, args))
end

local function snapshot(keys, args)
  return commit_with_state(open(keys, args))
end

redis.register_function('presence5_put', put)
redis.register_function('presence5_leave', leave)
redis.register_function('presence5_drop', drop)
redis.register_function('presence5_patch', patch)
redis.register_function('presence5_expel', expel)
redis.register_function('presence5_expire', expire)
redis.register_function('presence5_beat', beat)
redis.register_function('presence5_snapshot', snapshot)
`;
