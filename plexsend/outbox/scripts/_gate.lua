-- What keeps a lane from sending: holds, and the rate. Shared by advance and sweep.

-- No lane sleeps longer than this without being looked at again, whatever was lost (ms).
local LONGEST_SLEEP = 5000
-- The most messages in one request, and so the unit of the rate's tolerance.
local FULL = 10

local function read_hold(text)
  return text and cjson.decode(text) or nil
end

local function write_hold(field, hold)
  call('HSET', P .. 'holds', field, cjson.encode(hold))
end

local function hold_fields(lane, service)
  local account = string.match(lane, '@(.+)$')
  return {
    credit = 'account credit ' .. account, auth = 'account auth ' .. account,
    account_pause = 'account pause ' .. account, service_pause = 'service pause ' .. service,
    lane_pause = 'lane pause ' .. lane, fault = 'lane fault ' .. lane, shut = 'lane shut ' .. lane,
    size = 'lane size ' .. lane,
  }
end

-- What the holds let the lane do now. `blocked`: the field of the hold in the way; `at`: ms when to look
-- again; `probes`: fields of the holds that want one message as a probe; `size`: the largest batch.
local function gate(lane, service)
  local f = hold_fields(lane, service)
  local order = { f.account_pause, f.service_pause, f.lane_pause, f.auth, f.fault, f.credit, f.shut, f.size }
  local found = call('HMGET', P .. 'holds', unpack(order))
  local result = { probes = {}, size = FULL, at = now + LONGEST_SLEEP }
  for i = 1, 5 do
    if found[i] then
      result.blocked = order[i]
      return result
    end
  end
  for i = 6, 7 do
    local hold = read_hold(found[i])
    if hold then
      if hold['until'] > now then
        result.blocked = order[i]
        result.at = math.min(hold['until'], now + LONGEST_SLEEP)
        return result
      elseif hold.probe ~= '' and (hold.probe_until or 0) > now then
        result.blocked = order[i]
        return result
      end
      result.probes[#result.probes + 1] = order[i]
      result.size = 1
    end
  end
  local smaller = read_hold(found[8])
  if smaller and smaller['until'] > now then
    result.size = math.min(result.size, smaller.step)
  end
  return result
end

-- GCRA with a tolerance of two full batches: in no second are more than rate + 20 permits granted.
-- A stored time further ahead than the tolerance means that the clock was set back: it is cut, to the safe side.
local function rate_state(service, rate)
  local each = 1000000 / rate
  local tolerance = 2 * FULL * each
  local stored = tonumber(call('GET', P .. service .. ':rate') or '0')
  local tat = math.min(math.max(stored, now_us), now_us + tolerance)
  return { each = each, tolerance = tolerance, tat = tat,
           permits = math.floor((now_us + tolerance - tat) / each + 0.000001) }
end

-- ms from now until `n` permits are there; 0 when they are.
local function rate_wait(state, n)
  return math.max(0, math.ceil((state.tat + n * state.each - state.tolerance - now_us) / 1000))
end

local function charge(service, state, n)
  local tat = state.tat + n * state.each
  call('SET', P .. service .. ':rate', num(tat), 'PX', num((tat - now_us) / 1000 + 60000))
end

-- How many drains and doorbells the lane can use at once.
local function wanted(ready, connections, rate, permits)
  local n = math.min(connections, math.ceil(ready / FULL))
  if rate > 0 then
    n = math.min(n, math.max(1, math.floor(permits / FULL)))
  end
  return n
end

-- Drains and doorbells that have not lapsed.
local function running(lane)
  local drains = lane_key(lane, 'drains')
  call('ZREMRANGEBYSCORE', drains, '-inf', num(now))
  return call('ZCARD', drains)
end

-- Sets the wake of a lane in which nothing can be taken before `at` (nil: nothing is ready).
local function sleep_until(lane, at)
  local due = first_score(lane_key(lane, 'later'))
  local abandoned = first_score(lane_key(lane, 'sending'))
  local t = at
  if due and (not t or due < t) then t = due end
  if abandoned and (not t or abandoned < t) then t = abandoned end
  if t then
    wake_at(lane, math.max(t, now))
  else
    call('ZREM', P .. 'wake', lane)
  end
end
