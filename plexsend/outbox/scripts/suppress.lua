-- needs: _clock, _here, arguments; _suppressed, _suppressing, suppress/log, suppress/offers
-- suppress: which numbers must not be written to. Touches p{a}:suppressed, suppressed:<bucket>, unanswered, policy,
-- suppressing.
--
-- Its arguments are in arguments_lists.py; after them keyed hashes of numbers, 8 bytes each. `hashed_by` tells the key
-- of the hashes: an account goes by one, that of its first advertisement or suppression.
-- act, and what it answers for each number:
--   add:    added, known, or full (it has as many entries as are kept)
--   remove: removed, or absent; without a kind or a scope, of all of them
--   tell:   told, or absent: its person has heard that the refusal counts
--   look:   its entries as they are kept, empty where it has none
-- accept, decline: what is offered becomes suppressed for everything, or is offered no more. Numbers of buckets come
-- instead of hashes, and it answers how many it was.
-- Answers {'other key'} where the account goes by another one.

local index = P .. 'suppressed'
local known = call('HGET', index, 'key')
-- Who decides about what is offered hashes no number.
if hashed_by ~= '' and known and known ~= hashed_by then return { 'other key' } end
-- A person's list may come before the first message. What is pushed comes again: a server that was emptied takes none.
if not (is_here or known or begins) then return { 'moved' } end
if not known and act == 'add' then call('HSET', index, 'key', hashed_by) end

local function scope_number()
  if scope == '' then return 0 end
  if act == 'add' then return number_of_words('scope', scope, MOST_SCOPES) end
  return known_number('scope', scope, MOST_SCOPES) or -1
end

local wanted_kind = kind ~= '' and kind or nil
local wanted_scope = not all_scopes and scope_number() or nil
local writes_origin = act == 'add' or act == 'accept'
local origin_number = writes_origin and number_of_words('origin', origin, MOST_ORIGINS) or 0

local function tell_one(hash)
  local key, field = place_of(hash)
  local entries, found = read_entries(call('HGET', key, field)), false
  for _, entry in ipairs(entries) do
    if (not wanted_kind or entry.kind == wanted_kind) and (not wanted_scope or entry.scope == wanted_scope) then
      count_unanswered(entry, -1)
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

if act == 'accept' or act == 'decline' then
  local count = 0
  for i = FIRST_REST, #ARGV do count = count + decide_bucket(ARGV[i], origin_number) end
  write_changes()
  write_log(count)
  return { 'done', num(count) }
end

local answer, count = { 'done' }, 0
local is_change = { added = true, removed = true, told = true }
for i = FIRST_REST, #ARGV do
  local became = do_one(ARGV[i])
  if is_change[became] then count = count + 1 end
  answer[#answer + 1] = became
end
write_changes()
write_log(count)
return answer
