-- needs: _record, _lanes, _holds, _policy
-- What is over: ended records that are old enough, and holds whose time has passed.

local keep_ms

-- Asked for when the first list has something that ended.
local function is_kept(ended_ms)
  keep_ms = keep_ms or math.floor(policy('keep_days') * 86400000 + 0.5)
  return ended_ms > now - keep_ms
end

-- Lanes with a group of which a record was taken away: it may have been the last.
local thinned = {}

-- Looks through one list in order of ending; answers whether more of it is old enough. An entry counts only if it is
-- about the record's last end (a message asked for again ends twice).
local function tidy(list)
  local entries, done = call('LRANGE', list, 0, MOST_TIDIED - 1), 0
  for _, entry in ipairs(entries) do
    local at, key = string.match(entry, '^(%d+):(.*)$')
    if at and is_kept(tonumber(at)) then break end
    done = done + 1
    local found = at and read_record(key, 's', 'e', 'l') or {}
    local lane = lane_named(found[3])
    if lane and found[2] == at and target('archive', found[1]) then
      forget(lane, key, found[1], 'archive')
      if group_of(lane) then thinned[lane] = true end
    end
  end
  if done > 0 then call('LTRIM', list, done, -1) end
  return done == MOST_TIDIED
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
