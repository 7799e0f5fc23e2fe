-- needs: _clock, _record, _lanes
-- Receipts, as records keep them in `w`: `<code>|<carrier>|<ms when it was delivered>|<ms when it came>`.

-- Of these the gateway says that it had the key before.
local function is_known_key(code)
  return code ~= '' and string.find(DUPLICATES, ' ' .. code .. ' ', 1, true) ~= nil
end

-- Codes belong to a family of products, which our own record says.
local function is_rcs(lane)
  return string.find(RCS_SERVICES, ' ' .. service_of(lane) .. ' ', 1, true) ~= nil
end

-- What a code of this class does to its message.
local function event_of(class)
  return string.match(RECEIPT_EVENTS, ' ' .. class .. '=(%S+)')
end

-- Of several receipts for one message the one with the highest rank counts.
local function rank_of(event)
  return string.find(RECEIPT_ORDER, ' ' .. event .. ' ', 1, true) or 0
end

-- `receipt`: code, carrier, done (ms as text, empty where it is not known).
local function written(receipt)
  return receipt.code .. '|' .. receipt.carrier .. '|' .. receipt.done .. '|' .. now_text
end

local function said_before(w, receipt)
  return string.match(w, '^[^|]*') == receipt.code
end

-- What applications hear of it.
local function told_by(receipt)
  return receipt.carrier .. '|' .. receipt.done
end

-- As `move`. It counts from now on.
local function move_by_receipt(lane, key, from, event, receipt, fields, ends)
  fields = fields or {}
  fields[#fields + 1] = 'w'
  fields[#fields + 1] = written(receipt)
  return move(lane, key, from, event, now, fields, told_by(receipt), ends)
end

-- Whether the message may be what the gateway speaks of. One that waits and was never in a request may be a later one
-- of the same key, unless it was delivered: that is never taken for a mistake.
local function concerns(record, event)
  if event == 'deliver' or record.s == 'uncertain' then return true end
  if record.s == 'waiting' or record.s == 'scheduled' then return has(record.f, MAY_HAVE_BEEN_SENT) end
  -- Where the gateway knew the key, an earlier request had sent it.
  return record.s ~= 'rejected' or is_known_key(record.c or '')
end
