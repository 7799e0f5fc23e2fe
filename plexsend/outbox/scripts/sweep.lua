-- sweep: one round of housekeeping over an account. Touches p{a}:sweep, procs, wake, holds, <service>:rate; of
-- the lanes that are due: drains, takes, later, ready, sending; of the lanes named for tidying: ended, dead, counts, m: b: h:.
--
-- Writes no verdict: abandoned messages are answered to the caller, which judges them and settles them through
-- advance, fenced by their tokens like any other verdict.
--
-- ARGV: process, its entry in procs, lease ms, keep ms, reclaim ms, quota of doorbells in all, number of services,
--       then of each service: name, quota of doorbells, connections, rate, linger ms;
--       then the names of the lanes to tidy.
-- Answers {status, ms until the next round, rings, abandoned, processes, spoilt}: status `swept`, or `elsewhere`
-- when another process holds the lease. rings: lane, bell. abandoned: lane and the token's facts, 9 fields each.
-- spoilt: lanes that could not be looked at, since another program wrote what cannot be read; the others go on.

local process, entry, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local keep, reclaim, quota = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local service_count = tonumber(ARGV[7])

local SILENT = 5000
-- The longest until the next round (ms): a lane that becomes due before it is nudged for, and nudges can be lost.
local LONGEST_ROUND = 250
-- The lease of a drain (line.py) is the longest time for which anything stands in `drains` (ms).
local LONGEST_LEASE = 20000
local MOST_LANES = 200
local MOST_ABANDONED = 100
local MOST_TIDIED = 100

local services = {}
for i = 0, service_count - 1 do
  local at = 8 + i * 5
  services[ARGV[at]] = { quota = tonumber(ARGV[at + 1]), connections = tonumber(ARGV[at + 2]),
                         rate = tonumber(ARGV[at + 3]), linger = tonumber(ARGV[at + 4]) }
end
local FIRST_TIDY = 8 + service_count * 5

call('ZADD', P .. 'procs', num(now), entry)
local state = call('HMGET', P .. 'sweep', 'who', 'until', 'last', 'quiet', 'gap')
local left = (tonumber(state[2]) or 0) - now
-- A lease longer than any that is given comes from before the clock was set back.
if state[1] and state[1] ~= process and left > 0 and left <= lease then
  return { 'elsewhere', num(left), {}, {}, {}, {} }
end

-- The clock was set back: what was near is far now. Every lane is looked at again, and what should have ended
-- soon is cut to what it would be if it began now.
local function cut_times()
  local function cut(key, longest)
    for _, member in ipairs(call('ZRANGEBYSCORE', key, num(now + longest), '+inf')) do
      call('ZADD', key, num(now + longest), member)
    end
  end
  cut(P .. 'procs', 0)
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do
    wake_by(lane, now)
    cut(lane_key(lane, 'drains'), LONGEST_LEASE)
    cut(lane_key(lane, 'sending'), reclaim)
  end
  local holds = call('HGETALL', P .. 'holds')
  for i = 1, #holds, 2 do
    local hold = read_hold(holds[i + 1])
    if string.match(holds[i], '^%S+ credit ') or string.match(holds[i], '^%S+ shut ') then
      if not hold.unreadable then
        hold['until'] = math.min(hold['until'], now + hold.step)
        hold.probe_until = math.min(hold.probe_until or 0, now + 2 * reclaim)
        write_hold(holds[i], hold)
      end
    end
  end
end

-- After a gap Redis or all workers were away: who is gone cannot be told yet, and verdicts are on their way.
local last, quiet, gap = tonumber(state[3]) or 0, tonumber(state[4]) or 0, tonumber(state[5]) or 0
if last > 0 and now - last > SILENT then
  quiet, gap = now + reclaim, now
elseif last > now + 1000 then
  quiet, gap = now + reclaim, now
  cut_times()
end
-- `next` is 0 until the end: what changes in this very round is no reason to nudge.
call('HSET', P .. 'sweep', 'who', process, 'until', num(now + lease), 'last', num(now), 'next', '0',
     'quiet', num(quiet), 'gap', num(gap))

-- A process not seen for a while is gone, and so are its leases; else a crash would block its lanes
-- until they lapse.
local function drop_leases_of(gone)
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do
    local drains = lane_key(lane, 'drains')
    -- With none where something else stands there.
    for _, drain in ipairs(redis.pcall('ZRANGE', drains, 0, -1)) do
      if gone[string.match(drain, '^([^.:]+)%.')] then
        call('ZREM', drains, drain)
        wake_by(lane, now)
      end
    end
  end
end

if now - gap > SILENT then
  local gone, any = {}, false
  for _, member in ipairs(call('ZRANGEBYSCORE', P .. 'procs', '-inf', num(now - SILENT))) do
    gone[string.match(member, '^([^|]*)')] = true
    any = true
  end
  -- A process whose pool was resized stands there twice, the old entry unseen.
  for _, member in ipairs(call('ZRANGEBYSCORE', P .. 'procs', '(' .. num(now - SILENT), '+inf')) do
    gone[string.match(member, '^([^|]*)')] = nil
  end
  if any then
    call('ZREMRANGEBYSCORE', P .. 'procs', '-inf', num(now - SILENT))
    drop_leases_of(gone)
  end
end

local abandoned = {}

-- Answers whether there is something abandoned in the lane, judged now or (while it is quiet) later.
local function find_abandoned(lane)
  local sending = lane_key(lane, 'sending')
  local keys = call('ZRANGEBYSCORE', sending, '-inf', num(now), 'LIMIT', 0, MOST_ABANDONED)
  if now < quiet then return #keys > 0 end
  for _, key in ipairs(keys) do
    local facts = read_record(key, 'k', 'v', 'n', 'y', 'g', 'o', 'x', 'f', 's')
    if facts[9] == 'sending' and is_plain(key) then
      local found = { lane, key }
      for i = 1, 8 do found[#found + 1] = facts[i] or '' end
      abandoned[#abandoned + 1] = found
    else
      -- No record, or one that stands elsewhere: only a restored backup does this. audit names it.
      call('ZREM', sending, key)
    end
  end
  return #keys > 0
end

-- When a lane that has something ready can be worked on: nil for now.
local function not_before(lane, service, ready, permits_state)
  if ready < FULL and call('ZCOUNT', lane_key(lane, 'later'), '-inf', num(now)) == 0 then
    local over = linger_over(lane, service.linger)
    if over then return over end
  end
  if permits_state then
    local wait = rate_wait(permits_state, math.min(ready, FULL))
    if wait > 0 then return now + wait end
  end
  return nil
end

local rings = {}
local spoilt = {}
local bells = 0

local function ring(lane)
  bells = bells + 1
  local bell = 'bell:' .. process .. '.' .. num(now_us) .. '.' .. num(bells)
  call('ZADD', lane_key(lane, 'drains'), num(now + LONGEST_SLEEP), bell)
  rings[#rings + 1] = { lane, bell }
end

-- Takes that are remembered for drains long gone.
local function tidy_takes(lane)
  local takes = lane_key(lane, 'takes')
  if call('HLEN', takes) > 64 then
    local all = call('HGETALL', takes)
    for i = 1, #all, 2 do
      if (tonumber(string.match(all[i + 1], '^%S+ (%d+)')) or 0) < now - 900000 then call('HDEL', takes, all[i]) end
    end
  end
end

local function look_at(lane)
  local name = string.match(lane, '^([^.@]+)')
  local service = services[name]
  if not service then
    -- Nobody told this process about the service: a newer producer. Look again later.
    wake_at(lane, now + LONGEST_SLEEP)
    return
  end
  local unjudged = find_abandoned(lane)
  tidy_takes(lane)
  local ready = call('ZCARD', lane_key(lane, 'ready')) + call('ZCOUNT', lane_key(lane, 'later'), '-inf', num(now))
  if ready == 0 then
    if unjudged then
      -- What is abandoned and not yet judged would wake this lane in every round.
      wake_at(lane, math.min(first_score(lane_key(lane, 'later')) or math.huge, now + 1000))
    else
      sleep_until(lane, nil)
    end
    return
  end
  local held = gate(lane, name)
  if held.blocked then
    wake_at(lane, held.at)
    return
  end
  local permits = service.rate > 0 and rate_state(name, service.rate) or nil
  local at = not_before(lane, service, ready, permits)
  if at then
    wake_at(lane, math.min(at, now + LONGEST_SLEEP))
    return
  end
  local lacking = missing(lane, ready, service.connections, service.rate, permits and permits.permits or 0)
  if #held.probes > 0 then lacking = math.min(lacking, 1) end
  local n = math.min(lacking, service.quota, quota)
  for _ = 1, n do ring(lane) end
  service.quota = service.quota - math.max(n, 0)
  quota = quota - math.max(n, 0)
  if n < lacking then
    -- The workers have enough to do: this lane stays the next in order.
    return
  end
  wake_at(lane, now + LONGEST_SLEEP)
end

for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'wake', '-inf', num(now), 'LIMIT', 0, MOST_LANES)) do
  if not pcall(look_at, lane) then
    spoilt[#spoilt + 1] = lane
    wake_at(lane, now + LONGEST_SLEEP)
  end
end

-- Retention: an entry counts only if it speaks of the record's last end (a message asked for again ends twice).
local function tidy(lane)
  local ended = lane_key(lane, 'ended')
  for _ = 1, MOST_TIDIED do
    local oldest = call('LINDEX', ended, 0)
    if not oldest then return end
    local at, key = string.match(oldest, '^(%d+):(.*)$')
    if at and tonumber(at) > now - keep then return end
    call('LPOP', ended)
    local found = at and read_record(key, 's', 'e') or {}
    if found[1] and found[2] == at and target('archive', found[1]) then
      forget(lane, key, found[1])
    end
  end
end

local function tidy_holds()
  local all = call('HGETALL', P .. 'holds')
  for i = 1, #all, 2 do
    if string.match(all[i], '^lane size ') and read_hold(all[i + 1])['until'] <= now then
      call('HDEL', P .. 'holds', all[i])
    end
  end
end

for i = FIRST_TIDY, #ARGV do
  if not pcall(tidy, ARGV[i]) then spoilt[#spoilt + 1] = ARGV[i] end
end
if #ARGV >= FIRST_TIDY then tidy_holds() end
write_counts()

local next_wake = first_score(P .. 'wake')
local wait = next_wake and math.min(math.max(0, next_wake - now), LONGEST_ROUND) or LONGEST_ROUND
call('HSET', P .. 'sweep', 'next', num(now + wait))
return { 'swept', num(wait), rings, abandoned, call('ZRANGE', P .. 'procs', 0, -1), spoilt }
