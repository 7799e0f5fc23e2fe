-- needs: _clock
-- Numbers that must not be written to, as they are kept: `suppressed:<bucket>`, the rest of a keyed hash → entries of 7
-- bytes: kind and whether the person was told, scope, origin (2), hours since 1970 (3). Scopes and origins are numbered
-- in `suppressed`. Entries of one number differ in kind or scope.

local ENTRY_BYTES = 7
local HOUR_MS = 3600000

-- The kinds, in the order of their numbers: of advertisements, of everything, and what receipts found out so far (see
-- receipts): the number once, or twice, said to be nobody's.
local KINDS = { [0] = 'ads', 'all', 'seen', 'offered' }

-- `hash`: 8 bytes. Answers the key and the field.
local function place_of(hash)
  local one, two = string.byte(hash, 1, 2)
  return P .. 'suppressed:' .. num((one * 256 + two) % SUPPRESSED_BUCKETS), string.sub(hash, 3)
end

-- The entry that begins there: kind, scope (its number), origin, hour; told: whether the person was.
local function read_entry(value, at)
  local first, scope, o1, o2, h1, h2, h3 = string.byte(value, at, at + ENTRY_BYTES - 1)
  return { kind = KINDS[first % 4], told = first >= 4, scope = scope, origin = o1 * 256 + o2,
           hour = (h1 * 256 + h2) * 256 + h3 }
end

local function read_entries(value)
  local entries = {}
  for at = 1, #(value or '') - ENTRY_BYTES + 1, ENTRY_BYTES do entries[#entries + 1] = read_entry(value, at) end
  return entries
end
