-- needs: _clock, _policy, _suppressed, _suppressing
-- What receipts say about numbers: who refuses gets no advertisements, and a number that nobody has is offered to a
-- person. Only by the policies refused_by_receipt and no_such_number.

-- As outbox/suppression.py writes it.
local function origin_of(words)
  return number_of_words('origin', '["receipt", "", "' .. words .. '"]', MOST_ORIGINS)
end

local function suppress_number(hash, kind, words)
  add_entry(hash, { kind = kind, told = kind ~= 'ads', scope = 0, origin = origin_of(words),
                    hour = math.floor(now / HOUR_MS) })
end

-- The first receipt is remembered, the second counts: handsets come and go. One from long ago says nothing any more: who
-- had none for an hour in each of two years would be taken for nobody.
local function note_nobody(hash)
  local wanted = policy('no_such_number')
  if wanted == 'nothing' then return end
  local words = 'nobody has the number'
  local key, field = place_of(hash)
  local entries = read_entries(call('HGET', key, field))
  if find_entry(entries, 'offered', 0) or find_entry(entries, 'all', 0) then return end
  local _, seen = find_entry(entries, 'seen', 0)
  if seen then remove_entries(hash, 'seen', 0) end
  local counts = seen and now - seen.hour * HOUR_MS < SEEN_MS
  suppress_number(hash, not counts and 'seen' or wanted == 'all' and 'all' or 'offered', words)
end

-- `i`: of the record, see receivers.py.
local function learn_from(i, class)
  if not i or #i < SUPPRESSED_HASH then return end
  local hash = string.sub(i, 1, SUPPRESSED_HASH)
  if class == 'refused' then
    if policy('refused_by_receipt') == 'ads' then suppress_number(hash, 'ads', 'refused by the recipient') end
  elseif class == 'no_such_number' then
    note_nobody(hash)
  end
end
