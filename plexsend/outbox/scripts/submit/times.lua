-- needs: _clock, arguments
-- The times of a message that submit knew before, and of the lane.

-- The times of a message stay those of its first submit. A send_at that has passed is none any more. `known`: state, and
-- as its fourth and fifth send_at and expires_at; `asked_at`: the send_at that is asked for now.
local function kept_times(known, asked_at)
  if known[1] ~= 'waiting' and known[1] ~= 'scheduled' then return '' end
  local at, until_ms = number_in(known[4]) or 0, number_in(known[5]) or 0
  if at <= now then at = 0 end
  local same_at, same_until = at == asked_at, until_ms == expires_at_ms
  if same_at and same_until then return '' end
  return ' ' .. (same_at and '-' or num(at)) .. ' ' .. (same_until and '-' or num(until_ms))
end

-- ms at which the lane wakes in which so many wait. Where the policies are spoilt it is looked at now, which costs nothing.
local function wakes_at(waiting, linger_ms)
  if send_at_ms > now then return send_at_ms end
  if waiting >= most_items or not linger_ms or linger_ms == 0 then return now end
  -- Rounded up: rounded down, it would not be over yet. A linger that is shortened meanwhile is not slept through.
  return math.ceil(now_us / 1000) + math.min(linger_ms, LONGEST_SLEEP_MS)
end
