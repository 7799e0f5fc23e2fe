-- needs: _clock, _here, _lanes, arguments; _counts, _record, _wake, _holds, _hold_writing, _groups, _ending, _cancel, _reschedule, _fallback, _forgetting
-- when used: _hex, _fallback_due, _fallback_after, _fallback
-- steer: what a person asks for. Touches p{a}:m: b: h: of the message named, its lane's sets, counts and ended,
-- p{a}:holds, eased, refused, wake, lanes, routes. The hot loop never runs it.
-- is_early: whether the account may have no message yet; else it answers {'moved'} where the account is not here.
-- act, and what `subject` and `text` are for it:
--   cancel | requeue | drop | accepted | resend | failed: msg_key        answers {outcome, state}
--     requeue: which runs there were when its caller looked whether one writes to the same receiver, or nothing
--   reschedule: msg_key, ms                                              answers {outcome, state}
--   hold: field, JSON (keeps `since` of a hold that is there)            answers {'held', ''}
--   lift: field, JSON (ends the hold if it still is this text)           answers {'lifted' or 'kept', ''}
--   release: the field of the hold that refused secrets begin; the fields come after the arguments
--                                                                        answers {'released', field...}

local function done(outcome, state)
  write_counts()
  return { outcome, state or '' }
end

local function reschedule(key, lane)
  local at_ms = tonumber(text)
  local outcome, state = reschedule_one(lane, key, to_reschedule(key), at_ms, 0)
  if outcome == 'rescheduled' then wake_by(lane, math.max(at_ms, now)) end
  return done(outcome, state)
end

-- A cancel ended its group: nothing of it goes again before a person opens the group.
local function is_closed(lane)
  local group = group_of(lane)
  return group and call('HEXISTS', P .. 'closed', group) == 1
end

-- Whether the recipient could get both messages of a chain: the fallback of this one went, or has not ended yet; or it
-- is a fallback itself, and its first was delivered after all.
local function other_went(key, record)
  if string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK then
    return read_record(string.sub(key, 1, -#FALLBACK_MARK - 1), 's')[1] == 'delivered'
  end
  local other = record.b == FALLBACK_MADE and read_record(key .. FALLBACK_MARK, 's')[1]
  return other and (LIVING(other) or SENT(other) and other ~= 'undelivered')
end

-- As runs/reading.py writes it.
local function runs_made()
  return num(call('ZCARD', P .. 'runs')) .. ' ' .. (call('ZRANGE', P .. 'runs', -1, -1)[1] or '')
end

local function requeue(key, record)
  if text ~= '' and text ~= runs_made() then return done('runs_changed', record.s) end
  if not target('requeue', record.s) then return done('refused', record.s) end
  if other_went(key, record) then return done('other_went', record.s) end
  if is_closed(record.l) then return done('closed', record.s) end
  if call('EXISTS', body_of .. key) == 0 then return done('no_body', record.s) end
  local p = record.p or now_us
  -- Asked for again, so a cancel asked for before no longer counts.
  local flags = without(without(record.f, CANCEL_WANTED), LISTED_ANEW)
  move(record.l, key, record.s, 'requeue', p, { 'p', num(p), 'f', flags })
  note(key, 'requeue', '', 'asked for by a person')
  call('HDEL', record_of .. key, 'e', 'n', 'x', 'y', 'g', 'o', 'k', 'z', 'u')
  wake_by(record.l, now)
  return done('requeued', 'waiting')
end

local function drop(key, record)
  if not target('drop', record.s) then return done('refused', record.s) end
  forget(record.l, key, record.s, 'drop')
  write_counts()
  end_if_over(record.l)
  return done('dropped', record.s)
end

local function settle(key, record)
  local event = 'settle_' .. act
  if not target(event, record.s) then return done('refused', record.s) end
  if act == 'resend' and is_closed(record.l) then return done('closed', record.s) end
  if act == 'resend' and other_went(key, record) then return done('other_went', record.s) end
  -- It had expired or was cancelled before a late verdict parked it.
  if act == 'resend' and call('EXISTS', body_of .. key) == 0 then return done('no_body', record.s) end
  if act ~= 'resend' then
    local state = move(record.l, key, record.s, event, 0, { 'c', 'PERSON' })
    note(key, event, '', 'by a person')
    return done('settled', state)
  end
  -- Alone, like any second try of what may have been sent; a cancel asked for before no longer counts.
  local flags = with(without(record.f, CANCEL_WANTED), ALONE)
  move(record.l, key, record.s, event, record.p or now_us, { 'f', flags, 'p', num(record.p or now_us) })
  note(key, event, '', 'by a person')
  call('HDEL', record_of .. key, 'n', 'x', 'y', 'g', 'o', 'k', 'z', 'u')
  wake_by(record.l, now)
  return done('settled', 'waiting')
end

-- A hold that is there keeps its `since`.
local function hold(field, json)
  local wanted = cjson.decode(json)
  local read, was = pcall(cjson.decode, call('HGET', P .. 'holds', field))
  if read and type(was) == 'table' and type(was.since) == 'number' then wanted.since = was.since end
  write_hold(field, wanted)
  return { 'held', '' }
end

-- A lane with a group that a pause of its own or of its group kept is in nobody's sight: it comes back here.
local function wake_paused(field)
  local scope, what = string.match(field, '^(%S+) %S+ (.*)$')
  if scope == 'lane' and branch_of(what) then wake_by(what, now) end
  if scope ~= 'group' then return end
  for _, lane in ipairs(lanes_of_group(what)) do wake_by(lane, now) end
end

local function lift(field, json)
  if call('HGET', P .. 'holds', field) ~= json then return { 'kept', '' } end
  end_hold(field)
  wake_paused(field)
  wake_all()
  return { 'lifted', '' }
end

-- Holds that another program put something else in place of keep the whole account. They give way to whoever resumes
-- it.
local function put_spoilt_aside(fields)
  if string.sub(fields[1] or '', 1, 8) ~= 'account ' then return false end
  local found = call('TYPE', P .. 'holds').ok
  if found == 'hash' or found == 'none' then return false end
  call('RENAME', P .. 'holds', P .. 'spoilt:holds')
  return true
end

local function release()
  local answer = { 'released' }
  if put_spoilt_aside({ unpack(ARGV, FIRST_REST) }) then answer[2] = ARGV[FIRST_REST] end
  for i = FIRST_REST, #ARGV do
    local ended = end_hold(ARGV[i])
    if ended then wake_paused(ARGV[i]) end
    -- A person says that the secrets may be tried again, also where other processes have a better one.
    if ARGV[i] == subject then ended = call('DEL', P .. 'refused') == 1 or ended end
    if ended then answer[#answer + 1] = ARGV[i] end
  end
  wake_all()
  return answer
end

if not is_here and not is_early then return { 'moved' } end
if act == 'hold' then return hold(subject, text) end
if act == 'lift' then return lift(subject, text) end
if act == 'release' then return release() end

local found = read_record(subject, 's', 'l', 'f', 'p', 'b')
local its_lane = lane_named(found[2])
if not found[1] or not its_lane then return { 'unknown', '' } end
local record = { s = found[1], l = its_lane, f = found[3], p = number_in(found[4]), b = found[5] }
if act == 'cancel' then return done(take_back(record.l, subject, record, 'asked for by a person')) end
if act == 'reschedule' then return reschedule(subject, record.l) end
if act == 'requeue' then return requeue(subject, record) end
if act == 'drop' then return drop(subject, record) end
return settle(subject, record)
