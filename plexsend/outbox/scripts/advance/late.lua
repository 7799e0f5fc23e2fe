-- needs: _record, _counts, arguments, advance/names, advance/return
-- Verdicts on messages that were reclaimed meanwhile: an acceptance changes what is, and so does the news that a
-- message may have been sent.

-- It is not among what the server forgot any more, about which a person decides.
local function note_recalled(state)
  if state ~= 'waiting' and state ~= 'scheduled' then return end
  recalled = recalled + 1
  local left = tonumber(call('HGET', P .. 'forgotten', route) or nil)
  if left and left > 0 then call('HINCRBY', P .. 'forgotten', route, -1) end
end

local function accept(home, key, from, code)
  move(home, key, from, from == 'sending' and 'accept' or 'accept_late', 0, { 'c', code })
end

-- A position is up to half a ms later than its submit.
local function submitted_ms(key)
  return tonumber(call('HGET', record_of .. key, 't')) or position(key) / 1000
end

-- Whether the key was dropped or archived after this batch was taken, and submitted again: another message.
local function is_successor(key, record)
  if settled_ms == 0 or has(record.f, MAY_HAVE_BEEN_SENT) then return false end
  return submitted_ms(key) > settled_ms + 1
end

-- Redis lost the take (a restart, a fail-over): only this verdict says that it may have been sent.
local function recall(key, record, verdict)
  local flags, code, detail = with(with(record.f, MAY_HAVE_BEEN_SENT), ALONE), verdict.code, verdict.detail
  if record.s == 'sending' then
    call('HSET', record_of .. key, 'f', flags)
  elseif verdict.outcome == 'park' then
    move(record.home, key, record.s, 'park', now, { 'f', flags, 'c', code })
  else
    if record.home ~= lane then came_back[record.home] = true end
    move(record.home, key, record.s, 'postpone', now + math.max(verdict.delay_ms, 1), { 'f', flags, 'c', code })
  end
  note_recalled(record.s)
  note_window(record_of .. key, verdict)
  note(key, verdict.outcome == 'park' and record.s ~= 'sending' and 'park' or 'late', code, detail)
end

local function write_late(key, record, verdict)
  local outcome, code = verdict.outcome, verdict.code
  local is_uncertain = outcome == 'retry' or outcome == 'park'
  count(record.home, 'late', 1)
  if is_successor(key, record) then
    note(key, 'late', code, 'a verdict on an earlier message of this key, only noted: ' .. outcome)
  elseif is_uncertain and not has(record.f, MAY_HAVE_BEEN_SENT) and target('park', record.s) then
    recall(key, record, verdict)
  elseif is_uncertain and SET_OF(record.s) == 'dead' then
    -- It has ended. Where a person has it sent again, a key that the gateway knows then means that it was sent.
    call('HSET', record_of .. key, 'f', with(record.f, MAY_HAVE_BEEN_SENT))
    note(key, 'late', code, 'late verdict: a request before may have sent it')
  elseif outcome ~= 'accepted' then
    note(key, 'late', code, 'late verdict, only noted: ' .. outcome)
  elseif target('accept_late', record.s) then
    accept(record.home, key, record.s, code)
    note(key, 'accept_late', code, 'a request given up before was accepted')
    note_recalled(record.s)
  elseif record.s == 'sending' then
    note(key, 'late', code, 'an earlier request was accepted; the one under way is waited for')
    call('HSET', record_of .. key, 'f', with(record.f, ACCEPTED_LATE))
  else
    -- As above.
    if SET_OF(record.s) == 'dead' then call('HSET', record_of .. key, 'f', with(record.f, MAY_HAVE_BEEN_SENT)) end
    note(key, 'late', code, 'accepted, but it had ended')
  end
end

-- The mark comes last: what failed before it comes again. A reclaim leaves none: it comes in the name of a drain
-- whose own verdict may still come.
local function settle_late(key, record, verdict)
  write_late(key, record, verdict)
  if mode ~= 'settle' then call('HSET', record_of .. key, 'j', verdict.token) end
end
