-- needs: _clock, _counts, _record, _fallback
-- Takes one message back that was not sent.

-- Answers what became of the request, and the state now; for one that is over what became of it for its fallback, where
-- that has not gone. `words`: who asked, for the history.
local function take_back(lane, key, record, words)
  if record.s == 'sending' then
    drop_fallback_by_cancel(key)
    call('HSET', record_of .. key, 'f', with(record.f, CANCEL_WANTED))
    note(key, 'cancel_wanted', '', words .. ' while it was being sent')
    return 'wanted', record.s
  end
  if not target('cancel', record.s) then
    if drop_fallback_by_cancel(key) then return 'no_fallback', record.s end
    local its_key = read_record(key, 'b')[1] == FALLBACK_MADE and key .. FALLBACK_MARK
    local found = its_key and read_record(its_key, 's', 'l', 'f') or {}
    local home = lane_named(found[2] or nil)
    if not home or not target('cancel', found[1]) then return 'refused', record.s end
    local outcome = take_back(home, its_key, { s = found[1], f = found[3] }, words)
    if outcome == 'cancelled' then return 'no_fallback', record.s end
    return 'fallback_' .. outcome, record.s
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
