-- needs: _clock, _here, _lanes, arguments; _counts, _record, _wake, _holds, _gate, _rate, _line, _leases, _policy,
-- needs: _ending, sweep/leader, sweep/routes, sweep/clock, sweep/leases, sweep/abandoned, sweep/doorbells,
-- needs: sweep/grouped, sweep/retention, sweep/healing
-- sweep: one round of housekeeping over an account. Touches p{a}:sweep, procs, wake, wake:routes, holds, eased, lanes,
-- routes, ended, <service>:rate, line, fair; reads policy; of the lanes that are due: later, ready, sending, and their
-- route's drains, takes, wake, wake:held; of what is tidied: dead, counts, m: b: h:; of the lanes named: all.
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
go_on_cutting()

local spoilt = {}

local function try(look, lane)
  if not pcall(look, lane) then
    spoilt[#spoilt + 1] = lane
    wake_at(lane, now + LONGEST_SLEEP_MS)
  end
end

for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'wake', '-inf', now_text, 'LIMIT', 0, MOST_LANES)) do
  try(look_at, lane)
  tidy_takes(lane)
end
local next_grouped = look_at_grouped(try)

local is_tidied, more_to_tidy = pcall(tidy, P .. 'ended')
if not is_tidied then spoilt[#spoilt + 1], more_to_tidy = 'ended', false end
write_counts()
for lane in pairs(thinned) do end_if_over(lane) end
local first_named = FIRST_GONE + gone_count
for i = first_named, #ARGV do
  if not pcall(look_over, ARGV[i]) then spoilt[#spoilt + 1] = ARGV[i] end
end
if #ARGV >= first_named then tidy_holds() end
write_counts()
local next_wake = more_to_tidy and now + TIDY_AGAIN_MS or next_grouped
local ungrouped = first_score(P .. 'wake')
if ungrouped and (not next_wake or ungrouped < next_wake) then next_wake = ungrouped end
return answer_of({ status = 'swept', wait_ms = num(write_next(next_wake)), dropped = dropped and 1,
                   rings = rings, abandoned = abandoned, processes = older_processes('-inf', '+inf'),
                   spoilt = spoilt })
