-- needs: _clock, _policy
-- The messages that a service may still have today, where the policy daily_limit is set. What is above waits for
-- the next midnight of the account's time zone; it costs no attempt.
--
-- Lua knows no time zones: who writes the policies writes the midnights of the next days beside them.

-- A day without a change of the clock.
local DAY_MS = 86400000

-- The first midnight to come. A list that was not renewed goes on in steps of a day.
local function next_midnight()
  local last = 0
  for at in string.gmatch(call('HGET', P .. 'policy', 'midnights') or '', '%d+') do
    last = tonumber(at)
    if last > now then return last end
  end
  return last + DAY_MS * (math.floor((now - last) / DAY_MS) + 1)
end

-- `begun`: ms of its first message.
local function write_day(service, ends, taken, begun)
  local text = num(ends) .. ' ' .. num(taken) .. ' ' .. num(begun)
  call('SET', P .. service .. ':day', text, 'PX', num(ends - now + DAY_MS))
end

-- How many were taken today, when that day ends, and when it began to count. A day that ends later than the next midnight is from before
-- the clock was set back: its count stays until then, to the safe side.
local function day_of(service)
  local ends, taken, begun = string.match(call('GET', P .. service .. ':day') or '', '^(%d+) (%d+) (%d+)$')
  ends = tonumber(ends) or 0
  local midnight = next_midnight()
  if ends <= now then return 0, midnight, now end
  if ends > midnight then
    ends = midnight
    write_day(service, ends, tonumber(taken), tonumber(begun))
  end
  return tonumber(taken), ends, tonumber(begun)
end

-- How many more may be taken today, and when that changes; without a limit as many as anybody wants.
local function left_today(service, daily_limit)
  if daily_limit <= 0 then return math.huge end
  local taken, ends = day_of(service)
  return math.max(0, daily_limit - taken), ends
end

local function count_today(service, n)
  local taken, ends, begun = day_of(service)
  write_day(service, ends, taken + n, begun)
end

-- `n` came back unsent that were taken at this time. What was taken before midnight counted for the day before.
local function count_back(service, n, taken_ms)
  local taken, ends, begun = day_of(service)
  if taken_ms >= begun then write_day(service, ends, math.max(0, taken - n), begun) end
end
