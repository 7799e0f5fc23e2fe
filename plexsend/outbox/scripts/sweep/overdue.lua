-- needs: _record, _lanes, _fallback, sweep/leader
-- Messages of which no receipt came in the time of fallback_after_s, and fallbacks of which could not be decided at once:
-- `overdue`, in the order in which they are due.

-- ms at which the fallback is due where no receipt says what became of its first; nil where no time makes it.
local function due_at(found)
  local is_unheard = (found[1] == 'accepted' or found[1] == 'unknown') and not found[5]
  local after, ended = made_after(found[3]), number_in(found[4])
  return is_unheard and after and ended and ended + after or nil
end

-- The time of the acceptance counts, whatever another program wrote into the list.
local function decide_overdue(key)
  local found = read_record(key, 's', 'l', 'b', 'e', 'w', 'c')
  local home = is_kept_in(found[3]) and lane_named(found[2])
  local due = home and due_at(found)
  if due and due > now then
    call('ZADD', P .. 'overdue', num(due), key)
    return
  end
  if due then
    make_fallback(home, key, found[1], 'its fallback goes, for no receipt came in time')
  elseif home then
    decide_fallback(home, key, found[1], { b = found[3], c = found[6], w = found[5] })
  end
  call('ZREM', P .. 'overdue', key)
end

local function look_at_overdue(key)
  if not pcall(decide_overdue, key) then decide_later(key) end
end

-- Answers whether there is more of it.
local function make_what_is_overdue()
  local keys = call('ZRANGEBYSCORE', P .. 'overdue', '-inf', now_text, 'LIMIT', 0, MOST_OVERDUE)
  for _, key in ipairs(keys) do look_at_overdue(key) end
  return #keys == MOST_OVERDUE
end
