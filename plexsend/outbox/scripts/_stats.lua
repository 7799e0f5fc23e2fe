-- needs: _clock
-- What is counted by day, whatever becomes of the records: messages submitted, on the day of their submit, and those
-- in each final state, on the day on which they ended first. A day is one of the account's time zone.
--
-- Lua knows no time zones: `offsets` says since when the zone is how far from UTC. Its past never changes (policy.lua
-- adds to it), so a time is of the same day whenever it is looked up, over any change of the clock or of the zone.

-- As HGET answers `offsets` of the policies. Who reads its policies together says it, else it is asked for.
local day_offsets

-- What a call counted and has not written yet, see _stats_by_day; nil: nothing.
local by_day

-- Days since 1970 of a time, where the account is. An older program writes the policies without the zone: then what
-- policy.lua keeps counts.
local function day_number(ms)
  if day_offsets == nil then day_offsets = redis.pcall('HGET', P .. 'policy', 'offsets') end
  if type(day_offsets) ~= 'string' then day_offsets = redis.pcall('HGET', P .. 'stats', 'offsets') end
  if type(day_offsets) ~= 'string' then day_offsets = '' end
  local offset = string.match(day_offsets, '^0:(-?%d+)$')
  if not offset then
    offset = DAY_OFFSET_MS
    for from, its in string.gmatch(day_offsets, '(%d+):(-?%d+)') do
      if tonumber(from) > ms then break end
      offset = its
    end
  end
  return math.floor((ms + tonumber(offset)) / 86400000)
end
