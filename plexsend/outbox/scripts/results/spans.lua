-- needs: _clock, _reader, results/missed, arguments
-- Spans of entries that were given out and not ended yet.

local side_stream = P .. 'replay:' .. name

-- The stream in which a span is, and what its ids there have in front less.
local function stream_of(first)
  if string.sub(first, 1, 1) == 'r' then return side_stream, string.sub(first, 2) end
  return RESULTS, first
end

-- `...`: other fields of the reader that are written with it, and their values.
local function write_span(entry, reader, first, last, n, given_ms, lease, ...)
  if not reader.spans[first] then reader.open = reader.open + 1 end
  reader.spans[first] = { first = first, last = last, n = n, given = given_ms, lease = lease, process = process }
  local text = string.format('%s %.0f %.0f %.0f %s', last, n, given_ms, lease, process)
  call('HSET', entry, 'span:' .. first, text, ...)
end

local function end_span(entry, reader, first)
  reader.spans[first], reader.open = nil, reader.open - 1
  call('HDEL', entry, 'span:' .. first)
end

-- The span that the caller names, where it has it still: its lease may have run out and another process have it, perhaps
-- with more entries. The caller ends no more than it was given.
local function own_span(reader)
  local span = reader.spans[done_first]
  if span and span.process == process and span.last == done_last then return span end
end

local function end_own_span(entry, reader)
  if own_span(reader) then end_span(entry, reader, done_first) end
end

-- A span of which entries were trimmed since it was given out: whoever had it may not have come to them.
local function find_trimmed(entry, reader, span, entries)
  local gone = span.n - #entries
  if gone <= 0 or string.sub(span.first, 1, 1) == 'r' then return end
  local to = entries[1] and entries[1][1] or span.last
  note_missed(entry, reader, { from = span.first, to = to, n = gone, why = 'trimmed', from_edge = '',
                               to_edge = edge_at(to) })
end

-- The oldest span whose time has passed, and when the next one's does (ms from now). One that was given out in the
-- future comes from before the clock was set back: its time begins now.
local function lapsed_span(entry, reader)
  local oldest, wait = nil, nil
  for first, span in pairs(reader.spans) do
    if span.given > now then
      span.given = now
      call('HSET', entry, 'span:' .. first,
           string.format('%s %.0f %.0f %.0f %s', span.last, span.n, now, span.lease, span.process))
    end
    local left = span.given + span.lease - now
    if left <= 0 then
      if not oldest or is_before(span.last, oldest.last) then oldest = span end
    else
      wait = math.min(wait or left, left)
    end
  end
  return oldest, wait
end

-- Gives the oldest lapsed span to the caller. Answers its entries, nil where no span has lapsed, and when the next does.
local function give_again(entry, reader)
  while true do
    local span, wait = lapsed_span(entry, reader)
    if not span then return nil, wait end
    local key, first = stream_of(span.first)
    local entries = call('XRANGE', key, first, span.last, 'COUNT', math.max(span.n, 1))
    find_trimmed(entry, reader, span, entries)
    if #entries > 0 then
      write_span(entry, reader, span.first, span.last, #entries, now, lease_ms)
      return entries, wait, reader.spans[span.first]
    end
    end_span(entry, reader, span.first)
  end
end

-- What comes before `next_id` is ended; the rest stays with the caller for a lease, or lapses at once where that is 0.
-- Answers whether it was the caller's to cut.
local function cut_span(entry, reader, lease)
  local span = own_span(reader)
  if not span then return false end
  local key, from = stream_of(span.first)
  local _, next_from = stream_of(next_id)
  if is_before(span.last, next_from) then
    end_span(entry, reader, span.first)
    return true
  end
  local ended = #call('XRANGE', key, from, '(' .. next_from, 'COUNT', math.max(span.n, 1))
  if next_id ~= span.first then end_span(entry, reader, span.first) end
  write_span(entry, reader, next_id, span.last, math.max(span.n - ended, 1), lease > 0 and now or 0, lease)
  return true
end
