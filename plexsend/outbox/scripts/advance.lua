-- advance: settles one batch and takes the next. Touches p{a}:m: b: h: , the lane's ready, later, sending,
-- uncertain, dead, drains, takes, counts, ended; p{a}:<service>:rate, holds, eased, wake.
--
-- ARGV: lane, service, drain, sequence, mode, bell, stay, size, rate, linger ms, connections, reclaim ms,
--       lease ms, shut first ms, shut longest ms, credit first ms, credit longest ms,
--       token of the batch to settle, its take number, ms of its take (0: not known), number of effects, the
--       effects (kind, number, text), then the verdicts: token, outcome, delay ms, ms until which it may be sent
--       again (0: for ever), spent, alone, code, detail, number of keys, the keys.
-- mode: `take` settles and takes; `stop` settles and gives the lease back (the end of a slice); `settle`
--       only settles, on behalf of a drain that is gone.
-- stay: ms for which the drain would wait for work without giving its lease back; in mode `stop` 1 where other
--       doorbells wait for its thread.
--
-- Answers {status, wait ms (taken: Redis's clock, ms), reason, token, take number, ok, bell, then for each message
--          taken: key, body, stamp, and its troubles: attempts|uncertain tries|first ms|o|takes without verdict|flags,
--          empty where there were none}.
-- status: taken; idle (nothing to do for `wait`, lease given back); stay (the same, lease kept); enough (others
--         serve this lane); stopped; settled.

local lane, service, drain, sequence = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local mode, bell, stay, size = ARGV[5], ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local rate, linger, connections = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local reclaim, lease = tonumber(ARGV[12]), tonumber(ARGV[13])
local shut_first, shut_longest = tonumber(ARGV[14]), tonumber(ARGV[15])
local credit_first, credit_longest = tonumber(ARGV[16]), tonumber(ARGV[17])
local settled_token, settled_take = ARGV[18], tonumber(ARGV[19])
local settled_at, effect_count = tonumber(ARGV[20]), tonumber(ARGV[21])
local FIRST_EFFECT = 22

local ready, later, sending = lane_key(lane, 'ready'), lane_key(lane, 'later'), lane_key(lane, 'sending')
local drains, takes = lane_key(lane, 'drains'), lane_key(lane, 'takes')
local token = drain .. '.' .. num(sequence)

-- The fields n y g o x, joined, and the flags: nothing for most messages, which never had trouble and so no flag.
local function troubles_of(key, flags)
  if not flags or flags == '' then return '' end
  local found = read_record(key, 'n', 'y', 'g', 'o', 'x')
  for i = 1, 5 do found[i] = found[i] or '' end
  found[6] = flags
  return table.concat(found, '|')
end

local function answer_message(answer, key, body, facts)
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3] = key, body, facts[2] or ''
  answer[at + 4] = troubles_of(key, facts[3])
end

local function position(key)
  return tonumber(call('HGET', P .. 'm:' .. key, 'p')) or 0
end

-- Settle ---------------------------------------------------------------------------------------------

local function accept(key, from, code)
  move(lane, key, from, from == 'sending' and 'accept' or 'accept_late', 0, { 'c', code })
end

-- What comes back unsent or undecided, in the state it must be in now. The flags say what it may not become.
local function come_back(key, record, flags, outcome, delay, code, detail)
  local fields = { 'f', flags, 'c', code }
  if mode == 'settle' then
    fields[#fields + 1] = 'k'
    fields[#fields + 1] = ''
  end
  if has(flags, 'c') then
    if has(flags, 'm') then
      note(key, 'park', code, 'cancel wanted, but it may have been sent')
      move(lane, key, 'sending', 'park', now, fields)
    else
      note(key, 'cancel', code, 'came back unsent')
      move(lane, key, 'sending', 'cancel', 0, fields)
    end
  elseif outcome == 'park' then
    note(key, 'park', code, detail)
    move(lane, key, 'sending', 'park', now, fields)
  elseif delay > 0 then
    note(key, 'postpone', code, detail)
    move(lane, key, 'sending', 'postpone', now + delay, fields)
  else
    note(key, 'give_back', code, detail)
    move(lane, key, 'sending', 'give_back', position(key), fields)
  end
end

-- When it was first uncertain, and until when it may be sent again. An answer without such a window does not
-- take away one that an earlier silence set.
local function note_window(m, verdict)
  call('HSETNX', m, 'g', num(now))
  if verdict.until_ms > 0 then call('HSET', m, 'u', num(verdict.until_ms)) end
end

local function settle_own(key, record, verdict)
  local flags, outcome, code, detail = record.f, verdict.outcome, verdict.code, verdict.detail
  if outcome == 'accepted' then
    accept(key, 'sending', code)
    -- Accepted after trouble: the history tells how it ended.
    if has(flags, 'm') then note(key, 'accept', code, detail) end
    return
  end
  if has(flags, 'l') then
    note(key, 'accept', code, 'an earlier request was answered late: accepted')
    accept(key, 'sending', 'C100')
    return
  end
  if outcome == 'failed' and (has(flags, 'm') or mode == 'settle') then
    come_back(key, record, with(flags, 'm'), 'park', 0, code, detail)
    return
  end
  if outcome == 'rejected' or outcome == 'failed' then
    note(key, outcome == 'rejected' and 'reject' or 'fail', code, detail)
    move(lane, key, 'sending', outcome == 'rejected' and 'reject' or 'fail', 0, { 'c', code })
    return
  end
  if verdict.alone then flags = with(flags, 'a') end
  if outcome == 'retry' or outcome == 'park' then
    flags = with(flags, 'm')
    local m = P .. 'm:' .. key
    bump(m, 'y')
    note_window(m, verdict)
    call('HSET', m, 'o', call('HGET', lane_key(lane, 'counts'), 'takes') or '0')
    if verdict.spent then bump(m, 'n') end
    if mode == 'settle' then
      bump(m, 'x')
      count(lane, 'reclaims', 1)
    end
    count(lane, 'retries', outcome == 'retry' and 1 or 0)
  end
  come_back(key, record, flags, outcome, verdict.delay, code, detail)
end

-- Whether the key was dropped or archived after this batch was taken, and submitted again: another message.
local function is_successor(key, record)
  if settled_at == 0 or has(record.f, 'm') then return false end
  local submitted = tonumber(call('HGET', P .. 'm:' .. key, 't')) or position(key) / 1000
  -- A position lies up to half a ms behind its submit.
  return submitted > settled_at + 1
end

-- Redis lost the take (a restart, a fail-over): this verdict is the only word that it may have been sent.
local function recall(key, record, verdict)
  local flags, code, detail = with(with(record.f, 'm'), 'a'), verdict.code, verdict.detail
  note_window(P .. 'm:' .. key, verdict)
  note(key, verdict.outcome == 'park' and record.s ~= 'sending' and 'park' or 'late', code, detail)
  if record.s == 'sending' then
    call('HSET', P .. 'm:' .. key, 'f', flags)
  elseif verdict.outcome == 'park' then
    move(lane, key, record.s, 'park', now, { 'f', flags, 'c', code })
  else
    move(lane, key, record.s, 'postpone', now + math.max(verdict.delay, 1), { 'f', flags, 'c', code })
  end
end

-- A verdict for a message that was reclaimed meanwhile: an acceptance changes what is, and so does the news that
-- it may have been sent.
local function settle_late(key, record, verdict)
  local outcome, code = verdict.outcome, verdict.code
  count(lane, 'late', 1)
  if is_successor(key, record) then
    note(key, 'late', code, 'a verdict on an earlier message of this key, only noted: ' .. outcome)
  elseif (outcome == 'retry' or outcome == 'park') and not has(record.f, 'm') and target('park', record.s) then
    recall(key, record, verdict)
  elseif outcome ~= 'accepted' then
    note(key, 'late', code, 'late verdict, only noted: ' .. outcome)
  elseif target('accept_late', record.s) then
    note(key, 'accept_late', code, 'a request given up before was accepted')
    accept(key, record.s, code)
  elseif record.s == 'sending' then
    note(key, 'late', code, 'an earlier request was accepted; the one under way is waited for')
    call('HSET', P .. 'm:' .. key, 'f', with(record.f, 'l'))
  else
    note(key, 'late', code, 'accepted, but it had ended')
  end
end

local accepted_any = false
-- Verdicts settled now; what a repeated call brings again is not counted again.
local fresh = 0

-- The straight way: accepted by its own take, and nothing ever went wrong. What ten of these write is written
-- together: a call with ten keys costs little more than one with one.
local straight, bodies, ended = {}, {}, {}

local function accept_straight(key, code)
  call('HSET', P .. 'm:' .. key, 's', target('accept', 'sending'), 'c', code, 'e', num(now), 'k', '', 'v', '')
  straight[#straight + 1] = key
  bodies[#bodies + 1] = P .. 'b:' .. key
  ended[#ended + 1] = num(now) .. ':' .. key
end

local function write_straight()
  if #straight == 0 then return end
  count(lane, 's:sending', -#straight)
  count(lane, 's:accepted', #straight)
  call('ZREM', sending, unpack(straight))
  call('DEL', unpack(bodies))
  call('RPUSH', lane_key(lane, 'ended'), unpack(ended))
end

-- `verdict`: what one or more messages share. Where the record is not the take's any more, and was not settled
-- by this very call before (whose reply was lost), the verdict is late.
local function settle_one(key, verdict)
  local found = read_record(key, 's', 'k', 'f')
  local record = { s = found[1], k = found[2], f = found[3] or '' }
  local accepted = verdict.outcome == 'accepted'
  if accepted then accepted_any = true end
  local repeated = record.s and (record.s ~= 'sending' and record.k == verdict.token
                                 or record.s == 'accepted' and accepted)
  if repeated then return end
  fresh = fresh + 1
  if verdict.code ~= '' then count(lane, 'c:' .. verdict.code, 1) end
  if not record.s then
    -- The record is gone (dropped, or lost with Redis): there is nothing left to settle.
    count(lane, 'late', 1)
  elseif record.k ~= verdict.token then
    settle_late(key, record, verdict)
  elseif accepted and record.f == '' then
    accept_straight(key, verdict.code)
  else
    settle_own(key, record, verdict)
  end
end

local function settle(first)
  local at = first
  while at <= #ARGV do
    local verdict = { token = ARGV[at], outcome = ARGV[at + 1], delay = tonumber(ARGV[at + 2]),
                      until_ms = tonumber(ARGV[at + 3]), spent = ARGV[at + 4] == '1', alone = ARGV[at + 5] == '1',
                      code = ARGV[at + 6], detail = ARGV[at + 7] }
    local last = at + 8 + tonumber(ARGV[at + 8])
    for i = at + 9, last do settle_one(ARGV[i], verdict) end
    at = last + 1
  end
  write_straight()
end

-- Effects on holds -------------------------------------------------------------------------------------

local holds_ended = false

local function end_hold(field)
  call('HDEL', P .. 'holds', field)
  call('HSET', P .. 'eased', field, num(now))
  holds_ended = true
end

-- Whether the batch was taken before this hold last ended: then its answer speaks of what was before, and
-- starts no second hold.
local function is_outdated(field)
  local eased = call('HGET', P .. 'eased', field)
  local its_drain, its_sequence = string.match(settled_token, '^(.*)%.(%d+)$')
  local last = eased and its_drain and call('HGET', takes, its_drain)
  -- One that lies ahead is from before the clock was set back.
  if not last or tonumber(eased) > now then return false end
  local sequence_taken, taken_at = string.match(last, '^(%d+) (%d+)')
  return sequence_taken == its_sequence and tonumber(taken_at) < (tonumber(eased) or 0)
end

-- A hold that the worker began and a probe ends. `bad`: it starts or grows; `good`: a probe's answer ends it;
-- neither: the probe told nothing, the next one goes after the same step. `keep_step`: bad, but no doubling.
local function judge(field, bad, good, first, longest, at_least, keep_step, by, why)
  local hold = read_hold(call('HGET', P .. 'holds', field))
  if hold and hold.unreadable then return end
  local is_probe = hold and hold.probe ~= '' and hold.probe == settled_token
  if not hold then
    if bad and not keep_step and not is_outdated(field) then
      local step = first
      write_hold(field, { since = now, ['until'] = now + math.max(step, at_least), step = step, by = by, why = why, probe = '' })
    end
  elseif is_probe then
    if bad then
      hold.step = keep_step and hold.step or math.min(hold.step * 2, longest)
      hold['until'], hold.probe, hold.why = now + math.max(hold.step, at_least), '', why
      write_hold(field, hold)
    elseif good then
      end_hold(field)
    else
      hold['until'], hold.probe = now + hold.step, ''
      write_hold(field, hold)
    end
    -- Whoever slept while the probe was out must hear of the new time.
    holds_ended = true
  elseif bad and at_least > 0 and now + at_least > hold['until'] then
    hold['until'] = now + at_least
    write_hold(field, hold)
  end
end

local function person_hold(field, why)
  if call('HEXISTS', P .. 'holds', field) == 0 and not is_outdated(field) then
    write_hold(field, { since = now, ['until'] = 0, step = 0, by = 'gateway', why = why, probe = '' })
  end
end

local function apply_effects()
  local f = hold_fields(lane, service)
  local seen = {}
  for i = 0, effect_count - 1 do
    local at = FIRST_EFFECT + i * 3
    seen[ARGV[at]] = { number = tonumber(ARGV[at + 1]), text = ARGV[at + 2] }
  end
  if seen.request and fresh > 0 then
    count(lane, 'batches', 1)
    count(lane, 'fill', seen.request.number)
  elseif fresh > 0 and rate > 0 and settled_take > 0 then
    -- No request was made: what was charged for the take goes back.
    refund(service, rate, fresh)
  end
  local shut = seen.shut or seen.shut_alone
  judge(f.shut, shut ~= nil, seen.answered ~= nil, shut_first, shut_longest, shut and shut.number or 0,
        seen.shut_alone ~= nil and (seen.shut_alone.number == 0), 'gateway', shut and shut.text or '')
  judge(f.credit, seen.credit ~= nil, accepted_any, credit_first, credit_longest, 0, false, 'gateway',
        seen.credit and seen.credit.text or '')
  if seen.auth then person_hold(f.auth, seen.auth.text) end
  if seen.fault then person_hold(f.fault, seen.fault.text) end
  if seen.smaller then
    local n = math.max(1, math.floor(seen.smaller.number / 2))
    local old = read_hold(call('HGET', P .. 'holds', f.size))
    if old and old['until'] > now then n = math.min(n, old.step) end
    write_hold(f.size, { since = old and old.since or now, ['until'] = now + 600000, step = n, by = 'gateway',
                         why = seen.smaller.text, probe = '' })
  end
end

local function settle_all()
  if settled_token == '' and effect_count == 0 and #ARGV < FIRST_EFFECT then
    return
  end
  settle(FIRST_EFFECT + effect_count * 3)
  apply_effects()
  if accepted_any and settled_take > 0 then
    local ok = tonumber(call('HGET', lane_key(lane, 'counts'), 'ok')) or 0
    if settled_take > ok then
      call('HSET', lane_key(lane, 'counts'), 'ok', num(settled_take))
    end
  end
  -- What came back may be due before the lane's next wake.
  local due = first_score(later)
  if due then wake_by(lane, due) end
  if holds_ended then wake_all() end
  -- Who settles for another takes nothing itself.
  if mode == 'settle' and call('ZCARD', ready) > 0 then wake_by(lane, now) end
end

-- Take -------------------------------------------------------------------------------------------------

-- Due messages come to `ready` first. A message keeps the position it once had.
local function mature()
  for place, key in ipairs(call('ZRANGEBYSCORE', later, '-inf', num(now), 'LIMIT', 0, 50)) do
    local found = read_record(key, 's', 'p')
    if found[1] == 'scheduled' then
      local p = tonumber(found[2] or nil) or now_us + place - 1
      move(lane, key, 'scheduled', 'due', p, { 'p', num(p) })
    else
      call('ZREM', later, key)
    end
  end
end

-- Whether it may have been sent so long ago that the gateway need not know its key any more.
local function is_too_old(key, flags)
  local until_ms = has(flags, 'm') and call('HGET', P .. 'm:' .. key, 'u')
  return until_ms and (tonumber(until_ms) or 0) <= now
end

local function expire(key, flags)
  if has(flags, 'm') then
    note(key, 'park', '', 'expired, but it may have been sent')
    move(lane, key, 'waiting', 'park', now, nil)
  else
    move(lane, key, 'waiting', 'expire', 0, nil)
  end
end

-- Whether there is a record that waits, under a key that can be answered to. Only another program or a restored
-- backup leaves anything else here: it goes out of `ready`, and audit names it.
local function is_whole(key, facts)
  return facts[1] == 'waiting' and is_plain(key)
end

-- Looks through `ready` in order. Expired messages are settled on the way. The first that goes alone goes by
-- itself if it stands in front; a probe rather takes one that does not.
local function look_through(most, probing)
  local chosen, alone, offset = {}, nil, 0
  for _ = 1, 5 do
    local keys = call('ZRANGE', ready, offset, offset + most + 9)
    if #keys == 0 then break end
    for _, key in ipairs(keys) do
      local facts = read_record(key, 's', 'v', 'f', 'z')
      local flags = facts[3]
      if not is_whole(key, facts) then
        call('ZREM', ready, key)
      elseif facts[4] and (tonumber(facts[4]) or math.huge) <= now then
        expire(key, flags)
      elseif is_too_old(key, flags) then
        note(key, 'park', '', 'its first try is older than PLEXSEND_RESEND_WITHIN_S')
        move(lane, key, 'waiting', 'park', now, nil)
      elseif has(flags, 'a') then
        if #chosen == 0 and not alone then
          alone = { key = key, facts = facts }
          if not probing then return { alone } end
        end
        offset = offset + 1
      else
        chosen[#chosen + 1] = { key = key, facts = facts }
        offset = offset + 1
        if #chosen == most then return chosen end
      end
    end
  end
  if #chosen == 0 and alone then return { alone } end
  return chosen
end

-- Puts the bodies to what was chosen; a message without one ends. Answers whether all had theirs.
local function add_bodies(chosen)
  local names = {}
  for i, message in ipairs(chosen) do names[i] = P .. 'b:' .. message.key end
  local found, whole = call('MGET', unpack(names)), true
  for i, message in ipairs(chosen) do
    message.body = found[i]
    if not found[i] then
      local event = has(message.facts[3], 'm') and 'park' or 'fail'
      note(message.key, event, 'NO_BODY', 'the body is missing in Redis')
      move(lane, message.key, 'waiting', event, now, { 'c', 'NO_BODY' })
      whole = false
    end
  end
  return whole
end

local function choose(most, probing)
  for _ = 1, 5 do
    local chosen = look_through(most, probing)
    if #chosen == 0 or add_bodies(chosen) then return chosen end
  end
  return {}
end

local function give_lease_back()
  call('ZREM', drains, drain)
  call('HDEL', takes, drain)
  if rate > 0 and permit_waiter(lane) == drain then call('HDEL', takes, '*') end
end

local function idle(status, wait, reason)
  if status ~= 'stay' then give_lease_back() end
  return { status, num(math.max(wait, 0)), reason, '', '0', '0', '' }
end

-- Gives the lease back and sets the wake, or keeps it for a wait that is short enough.
local function rest(at, reason, may_stay)
  local wait = at and (at - now) or LONGEST_SLEEP
  if may_stay and at and stay > 0 and wait <= stay then
    sleep_until(lane, at + stay)
    return idle('stay', wait, reason)
  end
  sleep_until(lane, at)
  return idle('idle', wait, reason)
end

local function write_take(chosen, probes)
  local take = call('HINCRBY', lane_key(lane, 'counts'), 'takes', 1)
  local ok = call('HGET', lane_key(lane, 'counts'), 'ok') or '0'
  local answer = { 'taken', num(now), #probes > 0 and 'probe' or '', token, num(take), ok, '' }
  local deadline = num(now + reclaim)
  local keys, scores, to = {}, {}, target('take', 'waiting')
  for _, message in ipairs(chosen) do
    keys[#keys + 1] = message.key
    scores[#scores + 1] = deadline
    scores[#scores + 1] = message.key
    call('HSET', P .. 'm:' .. message.key, 's', to, 'k', token)
    answer_message(answer, message.key, message.body, message.facts)
  end
  call('ZREM', ready, unpack(keys))
  call('ZADD', sending, unpack(scores))
  count(lane, 's:waiting', -#chosen)
  count(lane, 's:' .. to, #chosen)
  for _, field in ipairs(probes) do
    local hold = read_hold(call('HGET', P .. 'holds', field))
    -- Past this time the probe counts as lapsed even if nobody ever settles it.
    hold.probe, hold.probe_until = token, now + 2 * reclaim
    write_hold(field, hold)
  end
  call('HSET', takes, drain, table.concat({ num(sequence), num(now), num(take), ok, answer[3] }, ' '))
  wake_by(lane, now + LONGEST_SLEEP)
  return answer
end

local function hold_lease()
  if call('ZSCORE', drains, drain) then
    call('ZADD', drains, num(now + lease), drain)
    return true
  end
  if running(lane) >= connections then
    return false
  end
  call('ZADD', drains, num(now + lease), drain)
  return true
end

local function take()
  if bell ~= '' then call('ZREM', drains, bell) end
  local gate_state = gate(lane, service)
  if gate_state.blocked then
    return rest(gate_state.at, gate_state.blocked, false)
  end
  if not hold_lease() then
    -- The others will take what this drain gave back; if they die, housekeeping must look in time.
    if call('ZCARD', ready) > 0 then wake_by(lane, now + LONGEST_SLEEP) end
    return idle('enough', LONGEST_SLEEP, 'connections')
  end
  mature()
  local probing = #gate_state.probes > 0
  local chosen = choose(math.min(size, gate_state.size), probing)
  if #chosen == 0 then
    -- Only messages that go alone could be left, beyond what was looked through; or nothing at all.
    return rest(call('ZCARD', ready) > 0 and now or nil, 'empty', true)
  end
  local goes_alone = has(chosen[1].facts[3], 'a')
  if #chosen < math.min(size, gate_state.size) and not goes_alone then
    local over = linger_over(lane, linger)
    if over then return rest(over, 'linger', true) end
  end
  if rate > 0 then
    local state = rate_state(service, rate)
    local waiting = permit_waiter(lane)
    if state.permits < #chosen then
      local at = now + rate_wait(state, #chosen)
      local answer = rest(at, 'rate', not waiting or waiting == drain)
      if answer[1] == 'stay' then wait_for_permits(lane, drain, at + 1000) end
      return answer
    end
    if waiting == drain then call('HDEL', takes, '*') end
    charge(service, state, #chosen)
    if state.permits - #chosen >= FULL and call('ZCARD', ready) > #chosen then
      -- The drains there are leave permits lying: housekeeping rings for one more.
      wake_by(lane, now)
    end
  end
  return write_take(chosen, gate_state.probes)
end

-- A slice ends: the lease goes back, and what could be taken now gets one doorbell.
local function stop()
  local last_take = call('HGET', takes, drain)
  if last_take and sequence < tonumber(string.match(last_take, '^(%d+)')) then
    -- An old call that comes late: the drain has gone on since.
    return { 'stopped', '0', '', '', '0', '0', '' }
  end
  local next_bell = 'bell:' .. token
  if call('ZSCORE', drains, next_bell) then
    -- The reply to this very call was lost.
    return { 'stopped', '0', '', '', '0', '0', next_bell }
  end
  if bell ~= '' then call('ZREM', drains, bell) end
  give_lease_back()
  local state = gate(lane, service)
  local n = call('ZCARD', ready)
  if n == 0 or state.blocked then
    sleep_until(lane, n > 0 and state.at or nil)
    return { 'stopped', '0', '', '', '0', '0', '' }
  end
  local others, bells = running(lane)
  if stay > 0 and bells == 0 and others < connections then
    -- Housekeeping gives out the doorbells then: lanes that have one would hand it on among themselves for as
    -- long as they have work, and the others wait for ever.
    wake_by(lane, now)
    return { 'stopped', '0', '', '', '0', '0', '' }
  end
  -- Without a rate each drain that ends hands its place on, or a lane whose drains end close together would be
  -- left with fewer. Under one a doorbell at a time is enough: more would only wait for permits.
  local places = connections
  if rate == 0 then
    places = math.min(connections, math.ceil(n / FULL))
  elseif bells > 0 then
    places = 0
  end
  if others >= places then
    wake_by(lane, now + LONGEST_SLEEP)
    return { 'stopped', '0', '', '', '0', '0', '' }
  end
  call('ZADD', drains, num(now + LONGEST_SLEEP), next_bell)
  wake_at(lane, now + LONGEST_SLEEP)
  return { 'stopped', '0', '', '', '0', '0', next_bell }
end

-- The reply to this very call was lost: what it did stands, so its batch is answered again, word for word.
local function answer_again(last)
  local taken_at, take, ok, probe = string.match(last, '^%d+ (%d+) (%d+) (%d+) ?(.*)$')
  local answer = { 'taken', taken_at, probe, token, take, ok, '' }
  local batch = {}
  for _, key in ipairs(call('ZRANGE', sending, 0, -1)) do
    local facts = read_record(key, 's', 'v', 'f', 'k', 'p')
    if facts[4] == token then
      batch[#batch + 1] = { key = key, facts = facts, p = tonumber(facts[5]) or 0 }
    end
  end
  if #batch == 0 then
    return { 'stay', '0', 'again', '', '0', '0', '' }
  end
  table.sort(batch, function(one, other) return one.p < other.p end)
  for _, message in ipairs(batch) do
    answer_message(answer, message.key, call('GET', P .. 'b:' .. message.key) or '', message.facts)
  end
  return answer
end

local last = mode == 'take' and call('HGET', takes, drain)
if last and sequence <= tonumber(string.match(last, '^(%d+)')) then
  return answer_again(last)
end
settle_all()
local answer
if mode == 'take' then
  answer = take()
elseif mode == 'stop' then
  answer = stop()
else
  answer = { 'settled', '0', '', '', '0', '0', '' }
end
write_counts()
return answer
