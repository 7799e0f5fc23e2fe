-- needs: _wake, _holds, _policy, arguments, sweep/leader, sweep/leases
-- What a gap in time means: Redis or all workers were away, or the clock was set back.

local function cut(key, longest_ms)
  for _, member in ipairs(call('ZRANGEBYSCORE', key, num(now + longest_ms), '+inf')) do
    call('ZADD', key, num(now + longest_ms), member)
  end
end

local function cut_holds()
  local ends_by_probe = {}
  for _, row in ipairs(HOLDS) do ends_by_probe[row.prefix] = row.ends == 'probe' end
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

-- The clock was set back: what was due soon is far ahead now. Every lane is looked at again, and what should
-- have ended soon is cut to what it would be if it began now.
local function cut_times()
  if has_older then cut(P .. 'procs', 0) end
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do
    wake_by(lane, now)
    -- The lease of a drain is the longest time for which anything is in `drains`.
    cut(lane_key(lane, 'drains'), LEASE_MS)
    cut(lane_key(lane, 'sending'), policy_ms('reclaim_s'))
  end
  cut_holds()
end

-- After a gap it is not known yet which processes are gone, and verdicts are on their way.
local function look_for_a_gap()
  local last = tonumber(sweep_state[3]) or 0
  if last > 0 and now - last > SILENT_MS then
    quiet, gap = now + policy_ms('reclaim_s'), now
  elseif last > now + 1000 then
    quiet, gap = now + policy_ms('reclaim_s'), now
    cut_times()
  end
end
