-- needs: _record, _receipt
-- A receipt that came while its message was being sent. It decides once the request is settled, whatever the verdict
-- is: what the gateway tells of a message, it has had.

-- That the key was taken before says something only where a request before this one, or this one, may have sent it.
local function is_proof(flags, outcome)
  return outcome ~= 'accepted' and (has(flags, MAY_HAVE_BEEN_SENT) or outcome == 'retry' or outcome == 'park')
end

-- Answers whether the receipt decided. Where it did not, nothing of it is left in the record but its history.
local function settled_by_receipt(key, record, outcome, code)
  local found = read_record(key, 'w', 'h')
  local said, carrier, done = string.match(found[1] or '', '^([^|]*)|([^|]*)|([^|]*)|')
  local event = said and found[2]
  record.f = without(record.f, RECEIPT_KEPT)
  call('HDEL', record_of .. key, 'w', 'h')
  if event == 'accept_late' then event = is_proof(record.f, outcome) and 'accept' or nil end
  if not event or not target(event, 'sending') then
    call('HSET', record_of .. key, 'f', record.f)
    if said then note(key, 'receipt', said, 'only noted: it came while it was being sent') end
    return false
  end
  local fields = { 'f', record.f }
  if code ~= '' then fields[#fields + 1], fields[#fields + 2] = 'c', code end
  -- By the token the verdict is known when it comes again. One that accepts is known by the state.
  if outcome ~= 'accepted' then
    fields[#fields + 1], fields[#fields + 2] = 'k', record.k or ''
    note(key, event, said, 'by its receipt, which came while it was being sent')
  end
  move_by_receipt(record.home, key, 'sending', event, { code = said, carrier = carrier, done = done }, fields)
  return true
end
