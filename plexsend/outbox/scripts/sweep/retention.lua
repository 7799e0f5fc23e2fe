-- needs: _record, _holds
-- What is over: ended records that are old enough, and holds whose time has passed.

-- An entry counts only if it is about the record's last end (a message asked for again ends twice).
local function tidy(lane, keep_ms)
  local ended = lane_key(lane, 'ended')
  for _ = 1, MOST_TIDIED do
    local oldest = call('LINDEX', ended, 0)
    if not oldest then return end
    local at, key = string.match(oldest, '^(%d+):(.*)$')
    if at and tonumber(at) > now - keep_ms then return end
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
