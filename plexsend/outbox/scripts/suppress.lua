-- needs: _clock, _here, arguments; _suppressed, _suppressing
-- suppress: which numbers must not be written to. Touches p{a}:suppressed, suppressed:<bucket>, policy.
--
-- Its arguments are in arguments.py; after them keyed hashes of numbers, 8 bytes each. `hashed_by` tells the key of the
-- hashes: an account goes by one, that of its first advertisement or suppression.
-- act, and what it answers for each number:
--   add:    added, known, or full (it has as many entries as are kept)
--   remove: removed, or absent; without a kind or a scope, of all of them
--   tell:   told, or absent: its person has heard that the refusal counts
--   look:   its entries as they are kept, empty where it has none
-- Answers {'other key'} where the account goes by another one.

local index = P .. 'suppressed'
local known = call('HGET', index, 'key')
if known and known ~= hashed_by then return { 'other key' } end
if not known and act == 'add' then call('HSET', index, 'key', hashed_by) end

local function scope_number()
  if scope == '' then return 0 end
  if act == 'add' then return number_of_words('scope', scope, MOST_SCOPES) end
  return number_in(call('HGET', index, 'scope#' .. scope)) or -1
end

local wanted_kind = kind ~= '' and kind or nil
local wanted_scope = not all_scopes and scope_number() or nil
local origin_number = act == 'add' and number_of_words('origin', origin, MOST_ORIGINS) or 0

local function tell_one(hash)
  local key, field = place_of(hash)
  local entries, found = read_entries(call('HGET', key, field)), false
  for _, entry in ipairs(entries) do
    if (not wanted_kind or entry.kind == wanted_kind) and (not wanted_scope or entry.scope == wanted_scope) then
      entry.told, found = true, true
    end
  end
  if found then write_entries(key, field, entries) end
  return found and 'told' or 'absent'
end

local function do_one(hash)
  if act == 'add' then
    return add_entry(hash, { kind = kind, told = is_told, scope = wanted_scope, origin = origin_number,
                             hour = math.floor((since_ms > 0 and since_ms or now) / HOUR_MS) })
  end
  if act == 'remove' then return remove_entries(hash, wanted_kind, wanted_scope) end
  if act == 'tell' then return tell_one(hash) end
  local key, field = place_of(hash)
  return call('HGET', key, field) or ''
end

local answer = { 'done' }
for i = FIRST_REST, #ARGV do answer[#answer + 1] = do_one(ARGV[i]) end
write_changes()
return answer
