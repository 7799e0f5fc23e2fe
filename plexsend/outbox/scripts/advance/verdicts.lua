-- needs: _record, _lanes, _counts, _receipt, _kept, arguments, advance/names, advance/return, advance/late
-- Verdicts on messages that had trouble, or have it now: refused, uncertain, back, accepted after all.

-- What the verdict of its own take does to a message, but for the straight way.
local function settle_own(key, record, verdict)
  local outcome, code, detail = verdict.outcome, verdict.code, verdict.detail
  if has(record.f, RECEIPT_KEPT) and settled_by_receipt(key, record, outcome, code) then return end
  local flags = record.f
  if outcome == 'accepted' then
    accept(record.home, key, 'sending', code)
    -- Accepted after trouble: the history shows how it ended.
    if has(flags, MAY_HAVE_BEEN_SENT) then note(key, 'accept', code, detail) end
    return
  end
  if has(flags, ACCEPTED_LATE) then
    note(key, 'accept', code, 'an earlier request was answered late: accepted')
    accept(record.home, key, 'sending', 'C100')
    return
  end
  -- Whoever judged did not know yet that it may have been sent: that came meanwhile, from a take that Redis forgot.
  local is_refused = outcome == 'rejected' or outcome == 'failed'
  if is_refused and has(flags, MAY_HAVE_BEEN_SENT) and is_known_key(code) then
    note(key, 'accept', code, 'the gateway knew the key: the earlier request had sent it')
    accept(record.home, key, 'sending', code)
    return
  end
  if is_refused and (has(flags, MAY_HAVE_BEEN_SENT) or mode == 'settle') then
    detail = detail .. '; parked, as an earlier request may have sent it'
    come_back(record.home, key, with(flags, MAY_HAVE_BEEN_SENT), 'park', 0, code, detail)
    return
  end
  if is_refused then
    note(key, outcome == 'rejected' and 'reject' or 'fail', code, detail)
    move(record.home, key, 'sending', outcome == 'rejected' and 'reject' or 'fail', 0, { 'c', code })
    return
  end
  if verdict.alone then flags = with(flags, ALONE) end
  if outcome == 'retry' or outcome == 'park' then
    flags = with(flags, MAY_HAVE_BEEN_SENT)
    local m = record_of .. key
    bump(m, 'y')
    note_window(m, verdict)
    call('HSET', m, 'o', call('HGET', lane_key(route, 'counts'), 'takes') or '0')
    if verdict.spent then bump(m, 'n') end
    if mode == 'settle' then
      bump(m, 'x')
      count(record.home, 'reclaims', 1)
    end
    count(record.home, 'retries', outcome == 'retry' and 1 or 0)
  end
  come_back(record.home, key, flags, outcome, verdict.delay_ms, code, detail)
end
