-- needs: _clock, _counts, _record, _fallback
-- Takes one message back that was not sent.

-- Answers what became of the request, and the state now. `words`: who asked, for the history.
local function take_back(lane, key, record, words)
  if record.s == 'sending' then
    drop_fallback_by_cancel(key)
    call('HSET', record_of .. key, 'f', with(record.f, CANCEL_WANTED))
    note(key, 'cancel_wanted', '', words .. ' while it was being sent')
    return 'wanted', record.s
  end
  if not target('cancel', record.s) then
    drop_fallback_by_cancel(key)
    return 'refused', record.s
  end
  if has(record.f, MAY_HAVE_BEEN_SENT) then
    drop_fallback_by_cancel(key)
    local parked = move(lane, key, record.s, 'park', now, nil)
    note(key, 'park', '', 'cancel wanted, but it may have been sent')
    return 'parked', parked
  end
  local cancelled = move(lane, key, record.s, 'cancel', 0, nil)
  note(key, 'cancel', '', words)
  return 'cancelled', cancelled
end
