-- needs: _lanes, _gate, _quiet, _wake, arguments, advance/names, advance/choose
-- Messages of other lanes of the route, for a batch that its own lane does not fill: so many small groups leave in
-- full batches.

-- What waits in the lane would not fill a batch by itself; what is due comes to `ready` first.
local function is_small(other)
  local due = call('ZCOUNT', lane_key(other, 'later'), '-inf', now_text)
  local waiting = call('ZCARD', lane_key(other, 'ready')) + due
  if waiting == 0 or waiting >= most_items then return false end
  if due > 0 then mature(other, most_items) end
  return true
end

-- The holds of the route let this take go; the lane's own may not.
local function is_paused(other)
  if may_have_hours(other) and waits_until(other) then return true end
  local fields = own_fields(other)
  for _, text in ipairs(#fields > 0 and call('HMGET', P .. 'holds', unpack(fields)) or {}) do
    if text then return true end
  end
  return false
end

local function add_from(other, chosen, most)
  if not is_small(other) or is_paused(other) or #chosen == 0 and linger_over(other, linger_ms) then return end
  local found = choose(other, most - #chosen, false)
  -- Errors where what is taken from here could not be put there, or the lane could not be named.
  if #found > 0 then
    call('ZCARD', lane_key(other, 'sending'))
    number_of(other)
  end
  for _, message in ipairs(found) do
    if not has(message.facts[3], ALONE) then chosen[#chosen + 1] = message end
  end
end

-- Adds to what was chosen until there are `most`. The lanes that are due first come first; those for which a
-- doorbell travels are among them. A take whose own lane is empty begins with a lane whose linger is over.
local function fill(chosen, most)
  local wakes = call('ZRANGEBYSCORE', lane_key(route, 'wake'), '-inf', num(now + LONGEST_SLEEP_MS), 'LIMIT', 0,
                     MOST_FILLED_FROM)
  if lane ~= route then table.insert(wakes, 1, route) end
  for _, other in ipairs(wakes) do
    if #chosen >= most then return end
    -- A lane that another program spoilt fills nothing, and is in the way of none.
    if other ~= lane then pcall(add_from, other, chosen, most) end
  end
end
