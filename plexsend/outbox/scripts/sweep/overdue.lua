-- needs: _record, _lanes, _fallback, _fallback_due, sweep/leader
-- Messages of which no receipt came in the time of fallback_after_s, and fallbacks of which could not be decided at once:
-- `overdue`, in the order in which they are due.

-- ms until which Redis may have forgotten receipts, since a person decided that what it forgot was sent.
local unheard_until = 0

-- The time of the acceptance counts, whatever another program wrote into the list.
local function decide_overdue(key)
  local found = read_record(key, 's', 'l', 'b', 'e', 'w', 'c')
  local first = { s = found[1], b = found[3], e = found[4], w = found[5] or nil, c = found[6] }
  local home = is_kept_in(first.b) and lane_named(found[2])
  local due = home and due_at(first)
  if due and due > now then
    call('ZADD', P .. 'overdue', num(due), key)
    return
  end
  if due and (number_in(first.e) or 0) <= unheard_until then
    forget_time(key)
  elseif due then
    make_fallback(home, key, first.s, first, 'its fallback goes, for no receipt came in time')
  elseif home then
    decide_fallback(home, key, first.s, first)
  end
  call('ZREM', P .. 'overdue', key)
end

local function look_at_overdue(key)
  if not pcall(decide_overdue, key) then decide_later(key) end
end

-- Answers whether there is more of it.
local function make_what_is_overdue()
  local keys = call('ZRANGEBYSCORE', P .. 'overdue', '-inf', now_text, 'LIMIT', 0, MOST_OVERDUE)
  if #keys == 0 then return false end
  local span = call('HMGET', P .. 'forgotten', 'from', 'unheard')
  -- Where Redis went back in time a person decides first.
  if span[1] then return false end
  unheard_until = number_in(span[2]) or 0
  for _, key in ipairs(keys) do look_at_overdue(key) end
  return #keys == MOST_OVERDUE
end
