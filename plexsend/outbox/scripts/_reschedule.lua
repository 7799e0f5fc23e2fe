-- needs: _clock, _counts, _record
-- Gives one message that was never sent another time to go.

-- The fields of a record that this needs, in the order in which `to_reschedule` reads them.
local function to_reschedule(key)
  local found = read_record(key, 's', 'f', 'z', 'p', 't')
  return {
    s = found[1], f = found[2], z = number_in(found[3]), p = number_in(found[4]), t = found[5],
  }
end

-- Answers what became of the request, and the state now: rescheduled; kept (it goes as soon as it can already);
-- or why it stays as it is: refused (its state), may_have_been_sent, expires (at that time or before).
-- `place`: how many went to `ready` before it in this call.
local function reschedule_one(lane, key, record, at_ms, place)
  if record.s ~= 'waiting' and record.s ~= 'scheduled' then return 'refused', record.s or '' end
  if has(record.f, MAY_HAVE_BEEN_SENT) then return 'may_have_been_sent', record.s end
  if record.z and record.z <= math.max(at_ms, now) then return 'expires', record.s end
  if at_ms > now then
    local submitted = record.t or num(math.floor((record.p or now_us) / 1000))
    local state = move(lane, key, record.s, 'postpone', at_ms, { 'q', num(at_ms), 't', submitted })
    -- It is ready for the first time once more then: with its old position it would go before all others.
    call('HDEL', record_of .. key, 'p')
    note(key, 'reschedule', '', '')
    return 'rescheduled', state
  end
  if record.s == 'waiting' then return 'kept', record.s end
  local p = record.p or now_us + place
  local state = move(lane, key, record.s, 'due', p, { 'p', num(p), 'q', now_text })
  note(key, 'reschedule', '', '')
  return 'rescheduled', state
end
