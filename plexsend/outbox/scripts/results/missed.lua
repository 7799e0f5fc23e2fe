-- needs: _clock, _reader
-- What a reader never got: entries that were trimmed before it came, or that somebody took away.

local MOST_MISSED = 16
-- Keys at one end of what was missed; behind a clock that was set back thousands may share their ms.
local MOST_AT_AN_END = 100

-- What this call found, for its answer.
local found_missed

local function write_missed(entry, missed)
  call('HSET', entry, 'missed:' .. missed.from, string.format('%s %.0f %s|%s', missed.to, missed.n, missed.why,
       missed.edges))
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
  first.to, first.n = second.to, first.n + second.n
  first.why = first.why == second.why and first.why or 'trimmed'
  first.edges = first.edges .. ' ' .. second.edges
  write_missed(entry, first)
end

-- `n`: how many entries, 0 where nobody knows. `edges`: keys that were given with the ms of `from`.
local function note_missed(entry, reader, from, to, n, why, edges)
  local ms = num((id_parts(to)))
  -- Of what was skipped all is there still, and none of it was given.
  for _, other in ipairs(why == 'skipped' and {} or call('XRANGE', RESULTS, ms, ms, 'COUNT', MOST_AT_AN_END)) do
    edges = edges .. ' ' .. keys_in(other)
  end
  local missed = reader.missed[from] or { from = from, n = 0, edges = '' }
  missed.to, missed.n, missed.why = to, missed.n + n, why
  missed.edges = missed.edges .. edges
  reader.missed[from] = missed
  write_missed(entry, missed)
  merge_oldest(entry, reader)
  found_missed = found_missed or { from = from, n = 0, why = why }
  found_missed.to, found_missed.n = to, found_missed.n + n
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
    note_missed(entry, reader, stream.first, stream.deleted, n, 'deleted', '')
    n = 0
  end
  -- Less than it was given: this is another stream, and how much of the first one was not given nobody knows.
  note_missed(entry, reader, reader.cursor, to, math.max(n, 0), n < 0 and 'lost' or 'trimmed', reader.edge)
  reader.rank = before
end

-- All that there is was given: then the stream's own count is the reader's. Where it is not, entries were taken out of
-- the middle, or the reader was put behind entries that it never got.
local function compare_ranks(entry, reader, stream)
  local n = stream.added - reader.rank
  if n > 0 then
    local deleted = is_before(reader.sure, stream.deleted)
    note_missed(entry, reader, reader.sure, reader.cursor, n, deleted and 'deleted' or 'skipped', '')
  end
  reader.rank, reader.sure = stream.added, reader.cursor
end
