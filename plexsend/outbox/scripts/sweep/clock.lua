-- needs: _wake, _holds, _hold_writing, _policy, arguments, sweep/leader, sweep/routes, sweep/leases
-- What a gap in time means: Redis or all workers were away, or the clock was set back.

local function cut(key, longest_ms)
  for _, member in ipairs(call('ZRANGEBYSCORE', key, num(now + longest_ms), '+inf')) do
    call('ZADD', key, num(now + longest_ms), member)
  end
end

local function cut_holds()
  local ends_by_probe = {}
  for _, row in ipairs(HOLD_ROWS()) do ends_by_probe[row.prefix] = row.ends == 'probe' end
  local holds = call('HGETALL', P .. 'holds')
  for i = 1, #holds, 2 do
    local hold = ends_by_probe[string.match(holds[i], '^%S+ %S+ ') or ''] and read_hold(holds[i + 1])
    if hold and not hold.unreadable then
      hold['until'] = math.min(hold['until'], now + hold.step)
      hold.probe_until = math.min(hold.probe_until or 0, now + PROBE_RECLAIMS * policy_ms('reclaim_s'))
      write_hold(holds[i], hold)
    end
  end
end

-- What is left to do once the clock was set back: a cursor, and the routes whose lanes with a group are to be
-- looked at, the first of them from the cursor on. Kept in `sweep`.
local left_to_cut = sweep_state[6] or ''

local function cut_lane(lane)
  wake_by(lane, now)
  cut(lane_key(lane, 'sending'), policy_ms('reclaim_s'))
end

-- The clock was set back: what was due soon is far ahead now. Every lane is looked at again, and what should
-- have ended soon is cut to what it would be if it began now. Lanes with a group follow in the next rounds.
local function cut_times()
  if has_older then cut(P .. 'procs', 0) end
  for route in pairs(all_routes()) do
    -- The lease of a drain is the longest time for which anything is in `drains`.
    cut(lane_key(route, 'drains'), LEASE_MS)
  end
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do cut_lane(lane) end
  left_to_cut = '0 ' .. table.concat(call('SMEMBERS', P .. 'wake:routes'), ' ')
  cut_holds()
end

-- Lanes that wake within a sleep need nothing: they are looked at anyway. One that sleeps until a message is due
-- is looked at once too often.
local function go_on_cutting()
  local cursor, route, others = string.match(left_to_cut, '^(%d+) (%S+) ?(.*)$')
  if not cursor then return end
  local found = call('ZSCAN', lane_key(route, 'wake'), cursor, 'COUNT', MOST_CUT)
  for i = 1, #found[2], 2 do
    if tonumber(found[2][i + 1]) > now + LONGEST_SLEEP_MS then cut_lane(found[2][i]) end
  end
  left_to_cut = found[1] ~= '0' and found[1] .. ' ' .. route .. ' ' .. others or '0 ' .. others
  call('HSET', P .. 'sweep', 'back', left_to_cut)
end

-- After a gap it is not known yet which processes are gone, and verdicts are on their way.
local function look_for_a_gap()
  local last = tonumber(sweep_state[3]) or 0
  if last > 0 and now - last > SILENT_MS then
    quiet, gap, before_gap = now + policy_ms('reclaim_s'), now, last
  elseif last > now + 1000 then
    quiet, gap = now + policy_ms('reclaim_s'), now
    cut_times()
  end
end
