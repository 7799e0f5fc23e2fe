-- needs: _clock, _suppressed
-- How suppressions are changed: entries of numbers, and the table of scopes and origins.

local function write_entry(entry)
  local number = 0
  while KINDS[number] ~= entry.kind do number = number + 1 end
  return string.char(number + (entry.told and 4 or 0), entry.scope, math.floor(entry.origin / 256), entry.origin % 256,
                     math.floor(entry.hour / 65536), math.floor(entry.hour / 256) % 256, entry.hour % 256)
end

local function write_entries(key, field, entries)
  if #entries == 0 then
    call('HDEL', key, field)
    return
  end
  local parts = {}
  for i, entry in ipairs(entries) do parts[i] = write_entry(entry) end
  call('HSET', key, field, table.concat(parts))
end

-- The number of a scope or an origin that was there before; nil where it was not, and the table has room for it. The
-- last number has no words: it is that of all that had no room, so nothing is said of these that is true of others.
local function known_number(what, words, most)
  local found = call('HMGET', P .. 'suppressed', what .. '#' .. words, what .. 's')
  return number_in(found[1]) or ((number_in(found[2]) or 0) >= most - 1 and most or nil)
end

-- The same, given where it is new.
local function number_of_words(what, words, most)
  if words == '' then return 0 end
  local known = known_number(what, words, most)
  if known then return known end
  local index = P .. 'suppressed'
  local number = call('HINCRBY', index, what .. 's', 1)
  call('HSET', index, what .. '#' .. words, num(number), what .. ':' .. num(number), words)
  return number
end

-- By kind, and by the day of those whose person has not heard yet that the refusal counts.
local changes, unanswered = {}, {}

local function count_unanswered(entry, n)
  if entry.kind ~= 'ads' or entry.told then return end
  local day = math.floor(entry.hour / 24)
  unanswered[day] = (unanswered[day] or 0) + n
end

local function count_change(entry, n)
  changes[entry.kind] = (changes[entry.kind] or 0) + n
  count_unanswered(entry, n)
end

-- Takes read from the policies whether anything but advertisements is suppressed: so they ask nothing more where
-- nothing is. Written down last.
local function write_changes()
  for kind, n in pairs(changes) do
    local left = call('HINCRBY', P .. 'suppressed', 'n:' .. kind, n)
    if kind == 'all' then redis.pcall('HSET', P .. 'policy', 'suppresses_all', left > 0 and '1' or '0') end
  end
  for day, n in pairs(unanswered) do
    if call('HINCRBY', P .. 'unanswered', num(day), n) <= 0 then call('HDEL', P .. 'unanswered', num(day)) end
  end
  changes, unanswered = {}, {}
end

local function find_entry(entries, kind, scope)
  for i, entry in ipairs(entries) do
    if entry.kind == kind and entry.scope == scope then return i, entry end
  end
end

-- Answers `added`, or `known`: the first time and origin stay.
local function add_entry(hash, entry)
  local key, field = place_of(hash)
  local entries = read_entries(call('HGET', key, field))
  if find_entry(entries, entry.kind, entry.scope) then return 'known' end
  if #entries >= MOST_SUPPRESSIONS then return 'full' end
  entries[#entries + 1] = entry
  write_entries(key, field, entries)
  count_change(entry, 1)
  return 'added'
end

-- `kind`: nil for all kinds; `scope`: nil for all scopes. Answers `removed` or `absent`.
local function remove_entries(hash, kind, scope)
  local key, field = place_of(hash)
  local kept, removed = {}, false
  for _, entry in ipairs(read_entries(call('HGET', key, field))) do
    if (not kind or entry.kind == kind) and (not scope or entry.scope == scope) then
      count_change(entry, -1)
      removed = true
    else
      kept[#kept + 1] = entry
    end
  end
  if not removed then return 'absent' end
  write_entries(key, field, kept)
  return 'removed'
end
