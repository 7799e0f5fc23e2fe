-- What keeps a lane from sending: holds, and the rate. Shared by advance and sweep.

-- No lane sleeps longer than this without being looked at again, whatever was lost (ms).
local LONGEST_SLEEP = 5000
-- The most messages in one request, and so the unit of the rate's tolerance.
local FULL = 10

-- A hold that another program spoilt is held until a person resumes it: nothing is sent by guessing.
local function read_hold(text)
  if not text then return nil end
  local read, hold = pcall(cjson.decode, text)
  if read and type(hold) == 'table' and type(hold['until']) == 'number' and type(hold.step) == 'number'
     and type(hold.probe) == 'string' and type(hold.probe_until or 0) == 'number' then
    return hold
  end
  return { since = 0, ['until'] = 0, step = 0, by = 'unknown', why = 'cannot be read', probe = '', unreadable = true }
end

local function write_hold(field, hold)
  call('HSET', P .. 'holds', field, cjson.encode(hold))
end

local function hold_fields(lane, service)
  local account = string.match(lane, '@(.+)$') or ''
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
      if hold.unreadable then
        result.blocked = order[i]
        return result
      elseif hold['until'] > now then
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
    result.size = math.max(1, math.min(result.size, smaller.step))
  end
  return result
end

-- ms at which the linger is over, counted from the oldest ready message; nil once it is.
local function linger_over(lane, linger)
  local oldest = first_score(lane_key(lane, 'ready'))
  -- A position far ahead is from before the clock was set back: nobody waits until it is there again.
  if not oldest or oldest > now_us + 1000000 then return nil end
  local over = oldest + linger * 1000
  return over > now_us and math.ceil(over / 1000) or nil
end

-- GCRA with a tolerance of two full batches: in no second are more than rate + 20 permits granted.
-- A stored time further ahead than the tolerance means that the clock was set back: it is cut, to the safe side,
-- and written, or it would be cut anew at each look and no permit ever come.
local function rate_state(service, rate)
  local each = 1000000 / rate
  local tolerance = 2 * FULL * each
  local stored = tonumber(call('GET', P .. service .. ':rate')) or 0
  local tat = math.max(stored, now_us)
  if tat > now_us + tolerance + 1 then
    tat = now_us + tolerance
    call('SET', P .. service .. ':rate', num(math.ceil(tat)), 'PX', num(tolerance / 1000 + 60000))
  end
  return { each = each, tolerance = tolerance, tat = tat,
           permits = math.floor((now_us + tolerance - tat) / each + 0.000001) }
end

-- ms from now until `n` permits are there; 0 when they are.
local function rate_wait(state, n)
  return math.max(0, math.ceil((state.tat + n * state.each - state.tolerance - now_us) / 1000))
end

local function charge(service, state, n)
  local tat = state.tat + n * state.each
  -- Rounded up: a fraction given away at each batch would add up.
  call('SET', P .. service .. ':rate', num(math.ceil(tat)), 'PX', num((tat - now_us) / 1000 + 60000))
end

local function refund(service, rate, n)
  local key = P .. service .. ':rate'
  local stored = tonumber(call('GET', key))
  if stored then call('SET', key, num(stored - n * 1000000 / rate), 'KEEPTTL') end
end

-- Drains and doorbells that have not lapsed, and how many of them are doorbells.
local function running(lane)
  local drains = lane_key(lane, 'drains')
  call('ZREMRANGEBYSCORE', drains, '-inf', num(now))
  local members, bells = call('ZRANGE', drains, 0, -1), 0
  for _, member in ipairs(members) do
    if string.sub(member, 1, 5) == 'bell:' then bells = bells + 1 end
  end
  return #members, bells
end

-- The drain that waits for permits with its lease kept; nil where none does. One for each lane is enough to
-- lose no permit while a doorbell travels, and more would compete.
local function permit_waiter(lane)
  local drain, gives_up = string.match(call('HGET', lane_key(lane, 'takes'), '*') or '', '^(%S+) (%d+)$')
  return drain and tonumber(gives_up) > now and drain or nil
end

local function wait_for_permits(lane, drain, gives_up)
  call('HSET', lane_key(lane, 'takes'), '*', drain .. ' ' .. num(gives_up))
end

-- How many more drains the lane can use now. Under a rate it is one for each full batch of permits that lie
-- unused: requests may take longer than the permits for the next one.
local function missing(lane, ready, connections, rate, permits)
  local there, bells = running(lane)
  local n = math.min(connections, math.ceil(ready / FULL)) - there
  if rate > 0 then
    local usable = permit_waiter(lane) and 0 or math.floor(permits / FULL) - bells
    n = math.min(n, math.max(usable, there == 0 and 1 or 0))
  end
  return n
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
