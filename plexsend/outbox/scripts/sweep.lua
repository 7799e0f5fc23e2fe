-- needs: _clock, _here, arguments; _counts, _record, _wake, _holds, _gate, _rate, _line, _leases, _policy,
-- needs: sweep/leader, sweep/clock, sweep/leases, sweep/abandoned, sweep/doorbells, sweep/retention
-- sweep: one round of housekeeping over an account. Touches p{a}:sweep, procs, wake, holds, <service>:rate, line, fair;
-- reads policy; of
-- the lanes that are due: drains, takes, later, ready, sending; of the lanes named for tidying: ended, dead, counts, m: b: h:.
--
-- Writes no verdict: what is abandoned is answered to the caller.
--
-- Its arguments are in arguments.py; after them the services, then the processes that are gone, then the names of
-- the lanes to tidy.
-- Answers what SWEEP_ANSWER lists. status: `swept`, `elsewhere` when another process, `who`, holds the
-- lease, or `moved` (see _here).
-- dropped: whether the leases of the processes that are gone were dropped. processes: those of an older program.
-- rings: lane, bell. abandoned: lane, key, token, stamp, and the troubles of the message. spoilt: lanes that could not be
-- looked at, since another program wrote something that cannot be read; the others go on.

if not is_here then return { 'moved' } end
local left = held_elsewhere()
if left then
  return answer_of({ status = 'elsewhere', wait_ms = num(left), who = sweep_state[1] })
end
look_for_a_gap()
write_leader()
local dropped = drop_leases_of_silent()

local spoilt = {}
for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'wake', '-inf', now_text, 'LIMIT', 0, MOST_LANES)) do
  if not pcall(look_at, lane) then
    spoilt[#spoilt + 1] = lane
    wake_at(lane, now + LONGEST_SLEEP_MS)
  end
end

local first_tidied = FIRST_GONE + gone_count
for i = first_tidied, #ARGV do
  if not pcall(tidy, ARGV[i]) then spoilt[#spoilt + 1] = ARGV[i] end
end
if #ARGV >= first_tidied then tidy_holds() end
write_counts()
return answer_of({ status = 'swept', wait_ms = num(write_next(first_score(P .. 'wake'))), dropped = dropped and 1,
                   rings = rings, abandoned = abandoned, processes = call('ZRANGE', P .. 'procs', 0, -1),
                   spoilt = spoilt })
