-- needs: _record, _holds, _policy
-- What is over: ended records that are old enough, and holds whose time has passed.

local keep_ms

-- Asked for when the first lane has something that ended.
local function is_kept(ended_ms)
  keep_ms = keep_ms or math.floor(policy('keep_days') * 86400000 + 0.5)
  return ended_ms > now - keep_ms
end

-- An entry counts only if it is about the record's last end (a message asked for again ends twice).
local function tidy(lane)
  local ended = lane_key(lane, 'ended')
  for _ = 1, MOST_TIDIED do
    local oldest = call('LINDEX', ended, 0)
    if not oldest then return end
    local at, key = string.match(oldest, '^(%d+):(.*)$')
    if at and is_kept(tonumber(at)) then return end
    call('LPOP', ended)
    local found = at and read_record(key, 's', 'e') or {}
    if found[1] and found[2] == at and target('archive', found[1]) then
      forget(lane, key, found[1], 'archive')
    end
  end
end

local function tidy_holds()
  local ends_by_time = {}
  for _, row in ipairs(HOLDS) do ends_by_time[row.prefix] = row.ends == 'time' end
  local all = call('HGETALL', P .. 'holds')
  for i = 1, #all, 2 do
    local is_timed = ends_by_time[string.match(all[i], '^%S+ %S+ ') or '']
    if is_timed and read_hold(all[i + 1])['until'] <= now then
      call('HDEL', P .. 'holds', all[i])
    end
  end
end
