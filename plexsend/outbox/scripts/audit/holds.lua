-- needs: _clock, _lanes, _holds, _gate
-- Holds that should end by themselves, and will not: their times are not ones that plexsend gave. One that cannot be
-- read holds until a person resumes it, as people see in the list of holds.

local function look_at_holds()
  local holds, ends, broken = redis.pcall('HGETALL', P .. 'holds'), {}, {}
  -- Of another type, which is reported by itself.
  if holds.err then return broken end
  for _, row in ipairs(HOLD_ROWS()) do ends[row.prefix] = row.ends end
  local latest = now + LONGEST_POSTPONE_MS + FAR_AHEAD_MS
  for i = 1, #holds, 2 do
    local how = ends[string.match(holds[i], '^%S+ %S+ ') or '']
    local hold = how and how ~= 'person' and read_hold(holds[i + 1])
    if hold and math.max(hold['until'], hold.probe_until or 0) > latest then broken[#broken + 1] = holds[i] end
  end
  return broken
end
