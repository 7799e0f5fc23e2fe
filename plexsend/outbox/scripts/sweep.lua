-- needs: _clock, _here, _lanes, _spoilt, arguments; _counts, _record, _wake, _holds, _gate, _rate, _line, _leases, _policy,
-- needs: _ending, _closings, sweep/leader, sweep/routes, sweep/clock, sweep/leases, sweep/fleet, sweep/abandoned,
-- needs: sweep/doorbells, sweep/grouped, sweep/retention, _fallback, sweep/overdue, sweep/unheard,
-- needs: healing
-- when used: _rate, _places, _line
-- when used: _day
-- when used: _publishing, _dates, _stats_folds, _days, _stats_by_day, _ended
-- when used: _groups, _ending, _closings
-- when used: _quiet, _runs, _fates
-- when used: _outlook, healing
-- when used: sweep/unheard
-- when used: cut, cut_holds, cut_lane, cut_times
-- when used: _hex, is_known_key, note, _fallback_due, _fallback_after, _fallback, sweep/overdue
-- sweep: one round of housekeeping over an account. Touches p{a}:sweep, procs, wake, wake:routes, holds, eased, lanes,
-- routes, ended, <service>:rate, line, fair; reads policy; of the lanes that are due: later, ready, sending, and their
-- route's drains, takes, wake, wake:held; of what is tidied: dead, counts, m: b: h:; of the lanes named: all.
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
-- looked at, since another program wrote something that cannot be read, and keys that only a person can decide on; the
-- others go on. aside: keys that were put aside for it.

if not is_here then return { 'moved' } end
local left = held_elsewhere()
if left then
  return answer_of({ status = 'elsewhere', wait_ms = num(left), who = sweep_state[1] })
end

-- Lua gives a function two hundred names, and the parts above need most of them: what follows has its own.
local spoilt = {}

-- Keys that this round put aside, and those that are left to a person.
local put_aside, left_alone = {}, {}

local function find_again(lane)
  local left_one, aside = find_spoilt(ACCOUNT_KEYS, lane and { [lane] = true } or {})
  for _, key in ipairs(aside) do put_aside[#put_aside + 1] = key end
  if left_one and left_alone[#left_alone] ~= left_one then left_alone[#left_alone + 1] = left_one end
end

-- What of it can be made anew is put aside at once: it is whole at the next look.
local function try(look, lane)
  if not pcall(look, lane) then
    spoilt[#spoilt + 1] = lane
    find_again(lane)
    wake_at(lane, now + LONGEST_SLEEP_MS)
  end
end

-- Answers the ms at which to look at lanes with a group again.
local function look_at_lanes()
  for _, lane in ipairs(call('ZRANGEBYSCORE', P .. 'wake', '-inf', now_text, 'LIMIT', 0, MOST_LANES)) do
    try(look_at, lane)
    try(tidy_takes, lane)
  end
  local next_grouped, spoilt_routes = look_at_grouped(try)
  for _, route in ipairs(spoilt_routes) do
    spoilt[#spoilt + 1] = route
    find_again(route)
  end
  return next_grouped
end

-- Answers whether there is more to tidy.
local function tidy_what_is_over()
  -- After a hold the next round comes at once: what is over can wait for one that has less to do.
  local is_tidied, more_to_tidy, is_list_spoilt = true, false, false
  -- After a gap nothing is given up yet, and what waits for its receipt must not go before it is.
  local has_time = brought_back <= MOST_ENDED and (now >= quiet or kept_for_receipts_ms() == 0)
  if has_time then is_tidied, more_to_tidy, is_list_spoilt = pcall(tidy, P .. 'ended') end
  if not is_tidied then find_again(nil) end
  if not is_tidied or is_list_spoilt then spoilt[#spoilt + 1] = 'ended' end
  write_counts()
  for lane in pairs(thinned) do
    if not pcall(end_if_over, lane) then spoilt[#spoilt + 1] = lane end
  end
  return is_tidied and more_to_tidy
end

-- Answers whether there is more to look through.
local function give_up_waiting()
  local is_done, has_more = pcall(look_for_unheard)
  if not is_done then
    find_again(nil)
    spoilt[#spoilt + 1] = 'ended'
  end
  write_counts()
  return is_done and has_more
end

local function look_over_all_named()
  for i = FIRST_NAMED, #ARGV do
    local is_done, is_whole = pcall(look_over_route, ARGV[i])
    if is_done then is_done = pcall(look_for_unheard_of, ARGV[i]) end
    if not (is_done and is_whole) then spoilt[#spoilt + 1] = ARGV[i] end
  end
  write_counts()
end

-- Answers in how many ms the next round is due.
local function await_next(next_wake, older, more_to_tidy)
  local function look_again_by(at)
    if at and (not next_wake or at < next_wake) then next_wake = at end
  end
  look_again_by(first_score(P .. 'wake'))
  if more_to_tidy then look_again_by(now + TIDY_AGAIN_MS) end
  return write_next(next_wake, #older > 0 and OLDER_ROUND_MS or IDLE_ROUND_MS)
end

local function auth_hold()
  local found = redis.pcall('HGET', P .. 'holds', auth_field)
  return type(found) == 'string' and found
end

local function go_round()
  look_for_a_gap()
  write_leader()
  local dropped = drop_leases_of_silent()
  local urls = agree_on_addresses()
  wake_fresh(services)
  go_on_cutting()
  local next_grouped = look_at_lanes()
  local more_unheard = give_up_waiting()
  local more_to_tidy = tidy_what_is_over() or more_unheard
  look_over_all_named()
  local older = older_processes('-inf', '+inf')
  local wait_ms = await_next(next_grouped, older, more_to_tidy)
  for _, key in ipairs(left_alone) do spoilt[#spoilt + 1] = key end
  return answer_of({ status = 'swept', wait_ms = num(wait_ms), dropped = dropped and 1,
                     rings = rings, abandoned = abandoned, processes = older,
                     spoilt = spoilt, refused = any_refused and call('HKEYS', P .. 'refused'), urls = urls, unserved = unserved,
                     aside = put_aside, auth = auth_hold() })
end

return go_round()
