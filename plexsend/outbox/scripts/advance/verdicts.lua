-- needs: _record, _lanes, _runs, _counts, _receipt, _kept, arguments, advance/names, advance/return, advance/late, advance/gap
-- Verdicts on messages that had trouble, or have it now: refused, uncertain, back, accepted after all.

-- A request with it was not answered, or not so that anybody knows. `last_take`: the number of the route's last take.
local function note_trouble(key, home, verdict, last_take)
  local m = record_of .. key
  bump(m, 'y')
  note_window(m, verdict)
  call('HSET', m, 'o', last_take)
  if verdict.spent then bump(m, 'n') end
  if mode == 'settle' then
    bump(m, 'x')
    count(home, 'reclaims', 1)
  end
  count(home, 'retries', verdict.outcome == 'retry' and 1 or 0)
end

-- Why the gateway had the key from an earlier request with this very message; nil where it may have been another one's:
-- a record says "never tried" also where Redis forgot that it was, and applications choose their keys.
local function sent_before(key, record)
  if has(record.f, MAY_HAVE_BEEN_SENT) then return 'the earlier request had sent it' end
  if is_run(group_of(record.home)) then return 'only its run gives it, and Redis had forgotten that it was sent' end
  local forgot_ms = number_in(call('HGET', P .. 'forgotten', 'takes_until'))
  -- Both in one ms: it was before.
  if forgot_ms and submitted_ms(key) <= forgot_ms + 1 then return 'Redis had forgotten that it was sent' end
end

-- What may fail comes first: then the verdict comes again.
local function settle_by_verdict(key, record, verdict)
  local outcome, code, detail = verdict.outcome, verdict.code, verdict.detail
  local flags = record.f
  if outcome == 'accepted' then
    accept(record.home, key, 'sending', code)
    -- Accepted after trouble: the history shows how it ended.
    if has(flags, MAY_HAVE_BEEN_SENT) then note(key, 'accept', code, detail) end
    return
  end
  if has(flags, ACCEPTED_LATE) then
    accept(record.home, key, 'sending', 'C100')
    note(key, 'accept', code, 'an earlier request was answered late: accepted')
    return
  end
  -- The process that judged may not have known it: the news may have come meanwhile, from a take that Redis forgot.
  local is_refused = outcome == 'rejected' or outcome == 'failed'
  local proof = is_refused and is_known_key(code) and sent_before(key, record)
  if proof then
    accept(record.home, key, 'sending', code)
    note(key, 'accept', code, 'the gateway knew the key: ' .. proof)
    return
  end
  if is_refused and (has(flags, MAY_HAVE_BEEN_SENT) or mode == 'settle') then
    detail = detail .. '; parked, as an earlier request may have sent it'
    come_back(record.home, key, with(flags, MAY_HAVE_BEEN_SENT), 'park', 0, code, detail)
    return
  end
  if is_refused then
    local event = outcome == 'rejected' and 'reject' or 'fail'
    if is_marked(record.home) then forget_advertised(key) end
    move(record.home, key, 'sending', event, 0, { 'c', code })
    note(key, event, code, detail)
    return
  end
  if verdict.alone then flags = with(flags, ALONE) end
  local is_uncertain = outcome == 'retry' or outcome == 'park'
  local last_take = is_uncertain and call('HGET', lane_key(route, 'counts'), 'takes') or '0'
  if is_uncertain then flags = with(flags, MAY_HAVE_BEEN_SENT) end
  come_back(record.home, key, flags, outcome, verdict.delay_ms, code, detail)
  if is_uncertain then note_trouble(key, record.home, verdict, last_take) end
end

-- What the verdict of its own take does to a message, but for the straight way.
local function settle_own(key, record, verdict)
  local function settle_it() settle_by_verdict(key, record, verdict) end
  if not has(record.f, RECEIPT_KEPT) then return settle_it() end
  settle_by_receipt(key, record, verdict.outcome, verdict.code, settle_it)
end
