-- needs: _record, _lanes, _receipt
-- A receipt that came while its message was being sent, and that a program of 0.4.0 left where it was when it settled:
-- the gateway does not post it again.

local function settle_left_receipt(key)
  local found = read_record(key, 's', 'f', 'h', 'l', 'w', 'c', 'r', 'e', 'b')
  local state, flags, event = found[1], found[2], found[3]
  local home = state and state ~= 'sending' and has(flags, RECEIPT_KEPT) and lane_named(found[4])
  if not home then return end
  local record = { s = state, f = flags, l = found[4], w = found[5], c = found[6], r = found[7], e = found[8],
                   b = found[9] }
  local said, carrier, done = string.match(record.w or '', '^([^|]*)|([^|]*)|([^|]*)|')
  flags = without(flags, RECEIPT_KEPT)
  if said and event and target(event, state) and concerns(record, event) then
    local receipt = { code = said, carrier = carrier, done = done }
    move_by_receipt(home, key, state, event, receipt, { 'f', flags }, record)
    note(key, event, said, 'by its receipt, which came while it was being sent')
  else
    call('HSET', record_of .. key, 'f', flags)
    if not SENT(state) then call('HDEL', record_of .. key, 'w') end
  end
  call('HDEL', record_of .. key, 'h')
end
