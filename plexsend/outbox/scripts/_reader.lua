-- needs: _clock
-- A reader of results: one hash, `readers:<name>`. What it holds:
--
-- at            `<id> <rank> <id>`: the last entry that was given out, how many were ever added to the stream up to it,
--               and up to where this number was compared with the stream's own
-- edge          keys of the messages that were given with the ms of that entry: others may share it; `*`: too many
-- began         `<id> <ms> <ms>`: the entry behind which it began; messages that ended by that ms were never to be given;
--               and when that was, 0 where it began before all that was there
-- used          ms of its last call, to the nearest ten seconds
-- span:<id>     a span that was given out, by its first entry: `<last id> <entries> <ms> <lease in ms> <process>`
-- missed:<id>   entries behind this one that it never got: `<id> <how many> <why>|<keys>`, up to that id; the keys are
--               those that were given with the ms of its beginning and, behind a line break, of its end; `*`: too many
-- strange       `<how many> <id>`: entries of another program that were left out, and the last of them
-- side          the last entry that was given out of `replay:<name>`, in which a replay puts what it rebuilt
-- reached       `<ms>-<ms> ...`: from when to when the messages ended that replays put there, once the last one is complete;
--               pending: those of earlier ones meanwhile; replayed: those of which all was given
--
-- Ids of entries of a replay have an `r` in front.
-- A hash in which one of these cannot be read is put aside whole: what it says of the others may be as wrong.

local RESULTS = P .. 'results'
-- The highest second part of an id.
local LAST_PART = '18446744073709551615'

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

-- Whether Redis takes this text as an id, and a number holds its ms.
local function is_id(text)
  local ms, part = string.match(text or '', '^(%d+)%-(%d+)$')
  if not ms or #ms > 15 then return false end
  return #part < #LAST_PART or #part == #LAST_PART and part <= LAST_PART
end

local function read_span(first, text)
  local last, n, given, lease, process = string.match(text, '^(%d+%-%d+) (%d+) (%d+) (%d+) (.*)$')
  n = number_in(n)
  if not n or n > MOST_OF_A_SPAN or not is_id(last) or not is_id((string.gsub(first, '^r', ''))) then return nil end
  return { first = first, last = last, n = n, given = tonumber(given), lease = tonumber(lease), process = process }
end

local function read_missed(from, text)
  local to, n, why, from_edge, to_edge = string.match(text, '^(%d+%-%d+) (%d+) (%l+)|([^\n]*)\n(.*)$')
  if not is_id(to) or not is_id(from) or not number_in(n) then return nil end
  return { from = from, to = to, n = tonumber(n), why = why, from_edge = from_edge, to_edge = to_edge }
end

-- Reads where the reader is, and where it began; answers whether that can be read.
local function read_place(reader)
  local cursor, rank, sure = string.match(reader.at or '', '^(%d+%-%d+) (%d+) (%d+%-%d+)$')
  local began, began_ms, since_ms = string.match(reader.began or '', '^(%d+%-%d+) (%d+) (%d+)$')
  reader.cursor, reader.rank, reader.sure = cursor, number_in(rank), sure
  reader.began, reader.began_ms = began, number_in(began_ms)
  return is_id(cursor) and is_id(sure) and is_id(began) and reader.rank and reader.began_ms and number_in(since_ms)
end

-- The reader that these fields, as HGETALL answers them, are of; nil where there is none, or another program spoilt it.
local function reader_in(found)
  local reader = { spans = {}, missed = {}, open = 0, edge = '' }
  for i = 1, #found, 2 do
    local kind, id = string.match(found[i], '^(%l+):(.*)$')
    if kind == 'span' then
      reader.spans[id], reader.open = read_span(id, found[i + 1]), reader.open + 1
      if not reader.spans[id] then return nil end
    elseif kind == 'missed' then
      reader.missed[id] = read_missed(id, found[i + 1])
      if not reader.missed[id] then return nil end
    else
      reader[found[i]] = found[i + 1]
    end
  end
  if not read_place(reader) then return nil end
  -- Then all that a replay rebuilt, and is there still, is given once more.
  if (reader.side or reader.reached or reader.pending) and not is_id(reader.side) then reader.side = '0-0' end
  return reader
end

local function place_of(reader)
  return reader.cursor .. ' ' .. num(reader.rank) .. ' ' .. reader.sure
end

-- Keys of the messages of an entry, joined by one space. Its fields are always in the same order.
local function keys_in(entry)
  return entry[2][8] or ''
end

-- Whether one of the keys in a text, joined by spaces, is this one.
local function names(keys, key)
  return string.find(' ' .. keys .. ' ', ' ' .. key .. ' ', 1, true) ~= nil
end
