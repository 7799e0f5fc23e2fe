-- needs: _runs
-- Who may feed a run: who has its present lease, as long as it runs.

-- Why nothing may be fed under this lease, nil where it may: the state that the run has, empty where there is no such
-- run, `lease` where another lease was given since, or `lapsed`; `fed` where the mark is further than `since`, which
-- the feeder believes in, and `behind` where Redis went back behind it. `fields`: as `read_fence` answers.
local function fenced_by(fields, number, since)
  if fields.state ~= 'running' then return fields.state or '' end
  if number_in(fields.lease) ~= number then return 'lease' end
  local ends = number_in(fields.ends) or 0
  if ends <= now or ends > now + RUN_LEASE_MS then return 'lapsed' end
  if since and fields.fed ~= since then return fields.fed > since and 'fed' or 'behind' end
  return nil
end

local function read_fence(group)
  local found = call('HMGET', run_key(group), 'state', 'lease', 'until', 'fed', 'skipped', 'bytes', 'rate', 'tat', 'id')
  return { state = found[1], lease = found[2], ends = found[3], fed = number_in(found[4]) or 0,
           skipped = number_in(found[5]) or 0, bytes = number_in(found[6]) or 0,
           rate = number_in(found[7]) or 0, tat = number_in(found[8]) or 0, id = found[9] }
end
