-- needs: _clock, _reader
-- What a reader never got: entries that were trimmed before it came, or that somebody took away.

local MOST_MISSED = 16
-- Entries that are looked at for the keys of one end; behind a clock that was set back thousands may share their ms.
local MOST_AT_AN_END = 100

-- What this call found, for its answer.
local found_missed

-- The keys of two texts; `*` where they are too many.
local function join_edges(one, other)
  if one == '*' or other == '*' then return '*' end
  local all = (one == '' or other == '' or one == other) and (one == '' and other or one) or one .. ' ' .. other
  return #all > LONGEST_EDGE and '*' or all
end

-- Keys of the entries with the ms of an id, but for the entry `without`.
local function edge_at(id, without)
  local ms = num((id_parts(id)))
  local entries = call('XRANGE', RESULTS, ms, ms, 'COUNT', MOST_AT_AN_END)
  local edge = #entries == MOST_AT_AN_END and '*' or ''
  for _, other in ipairs(entries) do
    if other[1] ~= without then edge = join_edges(edge, (string.gsub(keys_in(other), '\n', ' '))) end
  end
  return edge
end

local function later_of(one, other)
  return is_before(one, other) and other or one
end

local function write_reader(entry, reader)
  call('HSET', entry, 'at', place_of(reader), 'edge', reader.edge)
end

local function write_missed(entry, missed)
  call('HSET', entry, 'missed:' .. missed.from, string.format('%s %.0f %s|%s\n%s', missed.to, missed.n, missed.why,
       (string.gsub(missed.from_edge, '\n', ' ')), missed.to_edge))
end

-- Of what is in the stream still, the proof believes these two words alone.
local function why_of_both(one, other)
  if one == other then return one end
  for _, why in ipairs({ 'skipped', 'unreadable' }) do
    if one == why or other == why then return why end
  end
  return 'trimmed'
end

-- Lets a window reach to the end of another one, which begins in it or behind it.
local function widen(missed, other)
  missed.n, missed.why = missed.n + other.n, why_of_both(missed.why, other.why)
  if missed.to == other.to then
    missed.to_edge = join_edges(missed.to_edge, other.to_edge)
  elseif is_before(missed.to, other.to) then
    missed.to, missed.to_edge = other.to, other.to_edge
  end
end

-- The two oldest become one: what lies between them then counts as missed too.
local function merge_oldest(entry, reader)
  local all = {}
  for _, missed in pairs(reader.missed) do all[#all + 1] = missed end
  if #all <= MOST_MISSED then return end
  table.sort(all, function(one, other) return is_before(one.from, other.from) end)
  local first, second = all[1], all[2]
  call('HDEL', entry, 'missed:' .. second.from)
  reader.missed[second.from] = nil
  widen(first, second)
  write_missed(entry, first)
end

local function note_found(missed)
  local found = found_missed
  if not found then
    found_missed = { from = missed.from, to = missed.to, n = missed.n, why = missed.why }
    return
  end
  if is_before(missed.from, found.from) then found.from = missed.from end
  found.to, found.n = later_of(found.to, missed.to), found.n + missed.n
end

-- `missed`: from, to, n (how many entries, 0 where nobody knows), why; from_edge: keys that were given with the ms of
-- `from`; to_edge: the same of `to`.
local function note_missed(entry, reader, missed)
  note_found(missed)
  local known = reader.missed[missed.from]
  if known then
    known.from_edge = join_edges(known.from_edge, missed.from_edge)
    widen(known, missed)
  end
  reader.missed[missed.from] = known or missed
  write_missed(entry, known or missed)
  merge_oldest(entry, reader)
end

-- The highest id below this one.
local function id_before(id)
  local ms, part = id_parts(id)
  -- Above that a number does not hold each whole one; any that is lower will do, for no entry is between them.
  if part > 0 then return num(ms) .. '-' .. num(math.min(part - 1, 2 ^ 53)) end
  return num(ms - 1) .. '-' .. LAST_PART
end

-- Puts the reader where the stream begins, or behind all where it is empty: what lies before is missed, and is not to be
-- counted again, nor given by a process that read it in time.
local function put_behind_missed(reader, stream)
  local place = stream.first and id_before(stream.first) or stream.last
  if not is_before(reader.cursor, place) then return end
  if id_parts(place) ~= id_parts(reader.cursor) then reader.edge = '' end
  reader.cursor, reader.sure = place, place
end

-- Entries have a number, in the order in which they were added: those that are there, and that were trimmed, follow
-- from the stream's own counts. So a reader that has heard all of them misses nothing where they are trimmed later.
local function notice_missed(entry, reader, stream)
  if stream.added == 0 and reader.rank == 0 then return end
  if stream.last ~= '0-0' and is_before(stream.last, reader.cursor) then
    -- The stream began anew, and its ids are lower since the clock was set back; or it went back in time. What is in
    -- it is given again rather than lost.
    found_missed = { from = stream.first or stream.last, to = reader.cursor, n = 0, why = 'back' }
    reader.cursor, reader.sure, reader.rank, reader.edge = '0-0', '0-0', stream.added - stream.length, ''
    return
  end
  -- What it was given last is there still: nothing behind it was trimmed.
  if stream.first and not is_before(reader.cursor, stream.first) then return end
  local before = stream.added - stream.length
  local n = before - reader.rank
  if n == 0 then return end
  local to = stream.first or (stream.added > 0 and stream.last or num(now) .. '-0')
  if n > 0 and stream.first and is_before(stream.first, stream.deleted) then
    -- Somebody took entries out of the middle: how many are gone from the beginning is not known.
    note_missed(entry, reader, { from = stream.first, to = stream.deleted, n = n, why = 'deleted', from_edge = '',
                                 to_edge = edge_at(stream.deleted) })
    n = 0
  end
  -- Less than it was given: this is another stream, and how much of the first one was not given nobody knows.
  note_missed(entry, reader, { from = reader.cursor, to = to, n = math.max(n, 0), why = n < 0 and 'lost' or 'trimmed',
                               from_edge = reader.edge, to_edge = edge_at(to) })
  reader.rank = before
  put_behind_missed(reader, stream)
end

-- All that there is was given: then the stream's own count is the reader's. Where it is not, entries were taken out of
-- the middle, or the reader was put behind entries that it never got.
local function compare_ranks(entry, reader, stream)
  local n = stream.added - reader.rank
  if n > 0 then
    local deleted = is_before(reader.sure, stream.deleted)
    -- Of what was skipped all is there still, and none of it was given.
    note_missed(entry, reader, { from = reader.sure, to = reader.cursor, n = n, why = deleted and 'deleted' or 'skipped',
                                 from_edge = '', to_edge = deleted and edge_at(reader.cursor) or '' })
  end
  reader.rank, reader.sure = stream.added, reader.cursor
end
