-- needs: _clock
-- A reader of results: one hash, `readers:<name>`. What it holds:
--
-- at            `<id> <rank> <id>`: the last entry that was given out, how many were ever added to the stream up to it,
--               and up to where this number was compared with the stream's own
-- edge          keys of the messages that were given with the ms of that entry: others may share it
-- began         `<id> <ms>`: the entry behind which it began; messages that ended by that ms were never to be given
-- used          ms of its last call, to the nearest ten seconds
-- span:<id>     a span that was given out, by its first entry: `<last id> <entries> <ms> <lease in ms> <process>`
-- missed:<id>   entries behind this one that it never got: `<id> <how many> <why>|<keys>`, up to that id; the keys are
--               those that were given with the ms of either end
-- side          the last entry that was given out of `replay:<name>`, in which a replay puts what it rebuilt
-- reached       `<ms>-<ms>`: from when to when the messages ended that the replay put there, once that is complete;
--               replayed: the same, joined by spaces, of those of which all was given
--
-- Ids of entries of a replay have an `r` in front.

local RESULTS = P .. 'results'

local function id_parts(id)
  local ms, seq = string.match(id or '', '^(%d+)%-(%d+)$')
  return tonumber(ms), tonumber(seq)
end

local function is_before(one, other)
  local ms, seq = id_parts(one)
  local other_ms, other_seq = id_parts(other)
  return ms < other_ms or ms == other_ms and seq < other_seq
end

-- `length`: entries that are there; `added`: ever; `first`: the id of the first, nil without one; `last`: the highest
-- id that was ever given; `deleted`: the highest that was taken out of the middle.
local function look_at_stream(key)
  local found = redis.pcall('XINFO', 'STREAM', key)
  if found.err then
    if string.find(found.err, 'no such key', 1, true) then
      return { length = 0, added = 0, last = '0-0', deleted = '0-0' }
    end
    -- Of another type: it is put aside.
    error(found, 0)
  end
  local info = {}
  for i = 1, #found, 2 do info[found[i]] = found[i + 1] end
  return { length = info['length'], added = info['entries-added'], last = info['last-generated-id'],
           deleted = info['max-deleted-entry-id'], first = info['first-entry'] and info['first-entry'][1] }
end

local function read_span(first, text)
  local last, n, given, lease, process = string.match(text, '^(%d+%-%d+) (%d+) (%d+) (%d+) (.*)$')
  if not last or not id_parts((string.gsub(first, '^r', ''))) then return nil end
  return { first = first, last = last, n = tonumber(n), given = tonumber(given), lease = tonumber(lease),
           process = process }
end

local function read_missed(from, text)
  local to, n, why, edges = string.match(text, '^(%d+%-%d+) (%d+) (%l+)|(.*)$')
  if not to or not id_parts(from) then return nil end
  return { from = from, to = to, n = tonumber(n), why = why, edges = edges }
end

-- The reader that these fields, as HGETALL answers them, are of; nil where there is none, or another program spoilt it.
local function reader_in(found)
  local reader = { spans = {}, missed = {}, open = 0, edge = '' }
  for i = 1, #found, 2 do
    local kind, id = string.match(found[i], '^(%l+):(.+)$')
    if kind == 'span' then
      reader.spans[id] = read_span(id, found[i + 1])
      if reader.spans[id] then reader.open = reader.open + 1 end
    elseif kind == 'missed' then
      reader.missed[id] = read_missed(id, found[i + 1])
    else
      reader[found[i]] = found[i + 1]
    end
  end
  local cursor, rank, sure = string.match(reader.at or '', '^(%d+%-%d+) (%d+) (%d+%-%d+)$')
  if not cursor then return nil end
  reader.cursor, reader.rank, reader.sure = cursor, tonumber(rank), sure
  local began, began_ms = string.match(reader.began or '', '^(%d+%-%d+) (%d+)$')
  reader.began, reader.began_ms = began or '0-0', tonumber(began_ms) or 0
  return reader
end

-- Keys of the messages of an entry, joined by one space. Its fields are always in the same order.
local function keys_in(entry)
  return entry[2][8] or ''
end

-- Whether one of the keys in a text, joined by spaces, is this one.
local function names(keys, key)
  return string.find(' ' .. keys .. ' ', ' ' .. key .. ' ', 1, true) ~= nil
end
