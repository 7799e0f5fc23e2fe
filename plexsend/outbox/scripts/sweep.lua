-- needs: _clock, _here, arguments; _counts, _record, _wake, _holds, _gate, _rate, _line, _leases, _policy,
-- needs: sweep/leader, sweep/clock, sweep/leases, sweep/fleet, sweep/abandoned, sweep/doorbells, sweep/retention
-- sweep: one round of housekeeping over an account. Touches p{a}:sweep, procs, wake, holds, <service>:rate, line, fair;
-- reads policy; of
-- the lanes that are due: drains, takes, later, ready, sending; of the lanes named for tidying: ended, dead, counts, m: b: h:.
--
-- Writes no verdict: what is abandoned is answered to the caller.
--
-- Its arguments are in arguments.py; after them the services, the processes that are gone, the addresses, and the
-- names of the lanes to tidy.
-- Answers what SWEEP_ANSWER lists. status: `swept`, `elsewhere` when another process, `who`, holds the
-- lease, or `moved` (see _here).
-- dropped: whether the leases of the processes that are gone were dropped. processes: those of an older program.
-- refused: fingerprints of refused secrets. urls: product, address in force. unserved: services with something to
-- send that nobody can. auth: the hold `account auth`, as it is kept. rings: lane, bell. abandoned: lane, key, token, stamp, and the troubles of the message. spoilt: lanes that could not be
-- looked at, since another program wrote something that cannot be read; the others go on.

if not is_here then return { 'moved' } end
local left = held_elsewhere()
if left then
  return answer_of({ status = 'elsewhere', wait_ms = num(left), who = sweep_state[1] })
end
look_for_a_gap()
write_leader()
local dropped = drop_leases_of_silent()
local urls = agree_on_addresses()
wake_fresh(services)

local spoilt = {}
for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'wake', '-inf', now_text, 'LIMIT', 0, MOST_LANES)) do
  if not pcall(look_at, lane) then
    spoilt[#spoilt + 1] = lane
    wake_at(lane, now + LONGEST_SLEEP_MS)
  end
end

for i = FIRST_TIDIED, #ARGV do
  if not pcall(tidy, ARGV[i]) then spoilt[#spoilt + 1] = ARGV[i] end
end
if #ARGV >= FIRST_TIDIED then tidy_holds() end
write_counts()
local older = older_processes('-inf', '+inf')
local wait_ms = write_next(first_score(P .. 'wake'), #older > 0 and OLDER_ROUND_MS or IDLE_ROUND_MS)
return answer_of({ status = 'swept', wait_ms = num(wait_ms), dropped = dropped and 1,
                   rings = rings, abandoned = abandoned, processes = older,
                   spoilt = spoilt, refused = call('HKEYS', P .. 'refused'), urls = urls, unserved = unserved,
                   auth = call('HGET', P .. 'holds', auth_field) })
