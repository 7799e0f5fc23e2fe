-- needs: _clock, _here, _lanes, arguments, advance/names; _counts, _record, _wake, _holds, _gate, _waiters,
-- needs: _leases, _policy, _day, advance/policies, advance/leases, advance/settle, advance/effects, advance/choose,
-- needs: advance/fill, advance/batch, advance/again, advance/take, advance/stop, _fallback
-- when used: _rate, _places, _line, advance/permits
-- when used: _day
-- when used: _publishing
-- when used: _stats_folds, _days, _stats_by_day, _ended
-- when used: policy, policy_ms, default_of, when_uncertain, note, with, without, bump, code_in, move, SET_OF, SENT,
-- BY_RECEIPT, _receipt, _kept, advance/return, advance/late, advance/verdicts, try_to, park_instead,
-- wait_first, retry_as_agreed, barred_by_policy, barred, expire
-- when used: lane_named, number_of, service_of, with_branch, home_of
-- when used: HOLD_ROWS, read_hold, own_fields, look_at_hold, _hold_writing, advance/judging
-- when used: _quiet, _runs, _suppressed, advance/gap, advance/suppressed
-- when used: advance/fill
-- when used: advance/again
-- when used: wake_at, wake_all, sleep_until, sleep_held, linger_over, fair_key, stop_waiting, running, group_waits,
-- ungrouped_waits, give_lease_back, nothing, rest, decline, advance/stop
-- when used: _rewound, advance/rewound
-- when used: _hex, _fates, _fallback_due, _fallback_after, _fallback
-- advance: settles one batch and takes the next. Touches p{a}:m: b: h: , lanes; ready, later, sending, uncertain,
-- dead, counts of the lane and of those from which its batches are filled; the route's drains, takes, counts, wake;
-- p{a}:<service>:rate, line, fair, day, holds, eased, wake, ended; reads policy.
--
-- Its arguments are in arguments.py; after them the effects, then the verdicts, each followed by its keys.
-- mode: `take` settles and takes; `stop` settles and gives the lease back (the end of a slice); `settle`
--       only settles, on behalf of a drain that is gone; `decline` takes nothing, since the process has no secret;
--       `again` takes nothing new, since Redis has just come back, but answers a take whose reply was lost.
-- stay_ms: how long the drain would wait for work without giving its lease back.
-- yields: in mode `stop`, whether other doorbells wait for the drain's thread.
--
-- Answers what ADVANCE_ANSWER lists, then for each message taken: key, body, stamp, and its troubles:
-- attempts|uncertain tries|first ms|o|takes without verdict|flags, empty where there were none.
-- Where a key that cannot be made anew is spoilt, nothing is taken: see _spoilt for what it answers then.
-- status: taken; declined (this process cannot send for the account); idle (nothing to do for `ms`, lease given back); stay (the same, lease kept); enough (others
--         serve this lane); stopped; settled; moved (see _here). ms: the wait; with `taken` Redis's clock.

local function settle_all(last)
  if settled_token == '' and effect_count == 0 and #ARGV < FIRST_REST then
    return
  end
  settle(FIRST_REST + effect_count * EFFECT_LENGTH, last)
  apply_effects()
  if accepted_any and settled_take > 0 then
    local known = route_takes()
    if settled_take > (tonumber(known.ok) or 0) then
      known.ok = num(settled_take)
      call('HSET', lane_key(route, 'counts'), 'ok', known.ok)
    end
  end
  if unsent > 0 then count(route, 'went', -unsent) end
  -- What came back may be due before the lane's next wake.
  local due = first_score(later)
  if due then wake_by(lane, due) end
  for home in pairs(came_back) do
    local at = call('EXISTS', lane_key(home, 'ready')) == 1 and now or first_score(lane_key(home, 'later'))
    if at then wake_by(home, at) end
  end
  if holds_ended then wake_all() end
  -- A caller that settles for another drain takes nothing itself.
  if mode == 'settle' and call('ZCARD', ready) > 0 then wake_by(lane, now) end
  if unsettled then error(unsettled, 0) end
end

local function go_on(last)
  if mode == 'take' then return take() end
  if mode == 'decline' then return decline('secret') end
  if mode == 'again' then return decline('redis') end
  if mode == 'stop' then return stop(last) end
  return answer_of({ status = 'settled' })
end

if not is_here then return { 'moved' } end
local last = mode ~= 'settle' and call('HGET', takes, drain)
if (mode == 'take' or mode == 'again') and last and sequence <= (tonumber(string.match(last, '^(%d+) %d+ %d+ %d+')) or 0) then
  return answer_again(last)
end
local is_settled, answer = pcall(settle_all, last)
local is_done = is_settled
if is_settled then is_done, answer = pcall(go_on, last) end
if not is_done then
  -- A drain that gets no batch for it gives its lease back.
  pcall(give_lease_back)
  wake_by(lane, now + LONGEST_SLEEP_MS)
end
-- Whatever fails, what was written is counted.
write_counts()
if is_done then return answer end
local reason = type(answer) == 'table' and answer.err or tostring(answer)
error({ reason = reason, is_settled = is_settled, lanes = fresh_of }, 0)
