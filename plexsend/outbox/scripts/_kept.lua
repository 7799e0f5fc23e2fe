-- needs: _record, _receipt
-- A receipt that came while its message was being sent. It decides once the request is settled, whatever the verdict
-- is: what the gateway tells of a message, it has had.

-- That the key was taken before says something only where a request before this one, or this one, may have sent it.
local function is_proof(flags, outcome)
  return outcome ~= 'accepted' and (has(flags, MAY_HAVE_BEEN_SENT) or outcome == 'retry' or outcome == 'park')
end

-- Where the receipt does not decide, the verdict does: `settle_otherwise`. What is written there may fail, so the receipt
-- is taken out of the record behind it, and in its history from then on.
local function settle_by_receipt(key, record, outcome, code, settle_otherwise)
  local found = read_record(key, 'w', 'h')
  local said, carrier, done = string.match(found[1] or '', '^([^|]*)|([^|]*)|([^|]*)|')
  local event = said and found[2]
  record.f = without(record.f, RECEIPT_KEPT)
  if event == 'accept_late' then event = is_proof(record.f, outcome) and 'accept' or nil end
  if not event or not target(event, 'sending') then
    settle_otherwise()
    local flags = call('HGET', record_of .. key, 'f')
    call('HSET', record_of .. key, 'f', without(flags or '', RECEIPT_KEPT))
    call('HDEL', record_of .. key, 'w', 'h')
    if said then note(key, 'receipt', said, 'only noted: it came while it was being sent') end
    return
  end
  local fields = { 'f', record.f }
  if code ~= '' then fields[#fields + 1], fields[#fields + 2] = 'c', code end
  -- By the token the verdict is known when it comes again. One that accepts is known by the state.
  if outcome ~= 'accepted' then fields[#fields + 1], fields[#fields + 2] = 'k', record.k or '' end
  move_by_receipt(record.home, key, 'sending', event, { code = said, carrier = carrier, done = done }, fields)
  call('HDEL', record_of .. key, 'h')
  if outcome ~= 'accepted' then note(key, event, said, 'by its receipt, which came while it was being sent') end
end
