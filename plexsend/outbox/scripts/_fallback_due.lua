-- needs: _clock, _receipt
-- When a fallback is due of whose message no receipt came.

local function is_kept_in(b)
  return b and string.sub(b, 1, #FALLBACK_KEPT) == FALLBACK_KEPT
end

-- ms after the acceptance; nil where no time makes it.
local function made_after(b)
  return is_kept_in(b) and number_in(string.match(b, ' (%d+)$')) or nil
end

-- ms; nil where no time makes it, or a receipt says what became of the message. One that proved only that the key was
-- taken does not. `first`: s, b, e and w of its record.
local function due_at(first)
  local is_open = first.s == 'accepted' or first.s == 'unknown'
  local is_unheard = is_open and (not first.w or is_known_key(string.match(first.w, '^[^|]*')))
  local after, ended = made_after(first.b), number_in(first.e)
  return is_unheard and after and ended and ended + after or nil
end
