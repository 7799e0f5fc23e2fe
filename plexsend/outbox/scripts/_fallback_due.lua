-- needs: _clock, _record, _receipt
-- When a fallback is due of whose message no receipt came.

local function is_kept_in(b)
  return b and string.sub(b, 1, #FALLBACK_KEPT) == FALLBACK_KEPT
end

-- ms after the acceptance; nil where no time makes it.
local function made_after(b)
  return is_kept_in(b) and number_in(string.match(b, ' (%d+)$')) or nil
end

-- No time makes it any more: what its receipt said may be forgotten, and it may have been sent. A receipt that comes
-- still does.
local function forget_time(key)
  if not made_after(read_record(key, 'b')[1]) then return end
  call('HSET', record_of .. key, 'b', FALLBACK_KEPT)
  note(key, 'no_fallback', '', 'its fallback goes by no time any more: Redis forgot what came of receipts')
end

-- ms; nil where no time makes it, or a receipt says what became of the message. One that proved only that the key was
-- taken does not. `first`: s, b, e and w of its record.
local function due_at(first)
  local is_open = first.s == 'accepted' or first.s == 'unknown'
  local is_unheard = is_open and (not first.w or is_known_key(string.match(first.w, '^[^|]*')))
  local after, ended = made_after(first.b), number_in(first.e)
  return is_unheard and after and ended and ended + after or nil
end
