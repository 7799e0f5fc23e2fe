-- needs: _clock, _days, _ended, arguments
-- Where the days of the account must count messages that ended, by their records: each day has as many at least.

-- `date|field` -> messages.
local of_days = {}
-- ms from which on days are counted; huge: they are not.
local counted_since

local function is_counted(ended_ms)
  if not counted_since then
    local since = redis.pcall('HGET', P .. 'stats', 'since')
    counted_since = type(since) == 'string' and number_in(since) or math.huge
  end
  return ended_ms >= counted_since
end

-- `changed`: ms of what happened to it last. What changed while days were read may be in another field there. `word`: what
-- is counted of its chain beside its state; false where nothing is.
local function note_field(lane, state, at, changed, c, w, word)
  local ended_ms = number_in(at)
  if LIVING(state) or not ended_ms or changed >= since_ms or not is_counted(ended_ms) then return end
  local date = date_at(ended_ms) .. '|'
  local name = date .. ended_field(lane, state, c, w)
  of_days[name] = (of_days[name] or 0) + 1
  if word then
    name = date .. field_of_chain(lane, state, c, w, word)
    of_days[name] = (of_days[name] or 0) + 1
  end
end

local function fields_of_days()
  local flat = {}
  for name, n in pairs(of_days) do
    flat[#flat + 1], flat[#flat + 2] = name, n
  end
  return flat
end
