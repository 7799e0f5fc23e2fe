-- needs: _clock, arguments, _reader, results/missed, results/spans
-- Gives a reader its next span.

-- Spans that one reader has given out at most.
local MOST_SPANS = 64
-- How exactly it is noted when a reader was used last.
local USED_TO_MS = 10000
-- Entries that are counted for a reader that begins in the middle of the stream; before more it begins before all.
local MOST_COUNTED = 1000

-- Where a reader begins: its place and rank, and whether that is before all that is there.
local function beginning(stream)
  local was_spoilt = call('EXISTS', P .. 'spoilt:readers:' .. name) == 1
  -- A process that was in the middle of it goes on where it was: a person dropped the reader meanwhile, or the server was
  -- emptied. Where the reader was spoilt, nobody knows any more what others had in hand.
  if known ~= '' and not was_spoilt and (stream.last == '0-0' or not is_before(stream.last, known)) then
    return known, known_rank, false
  end
  if from_start or known ~= '' or was_spoilt then return '0-0', stream.added - stream.length, true end
  if since_ms == 0 then return stream.last, stream.added, false end
  local later = #call('XRANGE', RESULTS, num(since_ms), '+', 'COUNT', MOST_COUNTED)
  if later == MOST_COUNTED or later == stream.length then return '0-0', stream.added - stream.length, false end
  return later == 0 and stream.last or id_before(num(since_ms) .. '-0'), stream.added - later, false
end

-- A reader begins behind what is there, or before it where that is asked for; in a further account with what came since
-- it began in the first one.
local function begin(entry, stream)
  local reader = { spans = {}, missed = {}, open = 0, edge = '' }
  local is_before_all
  reader.cursor, reader.rank, is_before_all = beginning(stream)
  reader.sure = reader.cursor
  local at = id_parts(reader.cursor)
  if at == 0 then at = (stream.first and id_parts(stream.first) or now) - 1 end
  reader.began = reader.cursor
  call('SADD', P .. 'readers', name)
  call('HSET', entry, 'began', reader.cursor .. ' ' .. num(at) .. ' ' .. (is_before_all and '0' or now_text))
  write_reader(entry, reader)
  return reader
end

-- Windows of replays of which all was given that are remembered.
local MOST_REPLAYED = 16

-- What lies in the time of a replay was given by it.
local function forget_replayed(entry, reader, from_ms, to_ms)
  for from, missed in pairs(reader.missed) do
    if id_parts(from) >= from_ms - 1 and id_parts(missed.to) <= to_ms + 1 then
      reader.missed[from] = nil
      call('HDEL', entry, 'missed:' .. from)
    end
  end
end

-- All that a replay rebuilt was given, and ended.
local function end_replay(entry, reader)
  call('XTRIM', side_stream, 'MAXLEN', 0)
  call('HDEL', entry, 'side', 'reached')
  reader.side = nil
  local windows = {}
  for window in string.gmatch(reader.reached .. ' ' .. (reader.replayed or ''), '%d+%-%d+') do
    if #windows < MOST_REPLAYED then windows[#windows + 1] = window end
  end
  call('HSET', entry, 'replayed', table.concat(windows, ' '))
  for from, to in string.gmatch(reader.reached, '(%d+)%-(%d+)') do
    forget_replayed(entry, reader, tonumber(from), tonumber(to))
  end
end

local function has_side_span(reader)
  for first in pairs(reader.spans) do
    if string.sub(first, 1, 1) == 'r' then return true end
  end
  return false
end

-- The next entries that a replay rebuilt; nil where none is left.
local function read_side(entry, reader)
  local entries = redis.pcall('XRANGE', side_stream, '(' .. reader.side, '+', 'COUNT', most)
  if entries.err then
    -- Another program put something in its place: what was missing is missing still.
    call('RENAME', side_stream, P .. 'spoilt:replay:' .. name)
    call('HDEL', entry, 'side', 'reached', 'pending')
    return nil
  end
  if #entries > 0 then
    reader.side = entries[#entries][1]
    write_span(entry, reader, 'r' .. entries[1][1], reader.side, #entries, now, lease_ms, 'side', reader.side)
    return entries
  end
  -- One that is still under way, or was interrupted, goes on writing there.
  if reader.reached and not has_side_span(reader) then end_replay(entry, reader) end
end

-- The caller has read what comes behind the cursor, and offers it: a script would turn each entry into a table and back,
-- which costs the server eight times what reading them does.
local function give_offered(entry, reader, stream)
  local is_same_ms = id_parts(last) == id_parts(reader.cursor)
  reader.edge = join_edges(is_same_ms and reader.edge or '', edge)
  reader.cursor, reader.rank = last, reader.rank + entry_count
  if stream and stream.last == last then compare_ranks(entry, reader, stream) end
  write_span(entry, reader, first, last, entry_count, now, lease_ms, 'at', place_of(reader), 'edge', reader.edge)
end

-- The caller saw what was given last right before what it offers, so nothing between was trimmed; and what is offered is
-- not the last there is, or the next call finds so.
local function is_in_order(reader)
  return follows and after == reader.cursor and entry_count == most
end

-- Looks whether anything is missing. Answers the stream, nil where there was no need to look at it.
local function look(entry, reader, stream)
  if not stream and is_in_order(reader) then return nil end
  stream = stream or look_at_stream(RESULTS)
  local before = place_of(reader)
  notice_missed(entry, reader, stream)
  if stream.last == reader.cursor then compare_ranks(entry, reader, stream) end
  if place_of(reader) ~= before then write_reader(entry, reader) end
  return stream
end

local function answer_with(reader, status, more)
  local missed = found_missed or {}
  more = more or {}
  return answer_of({ status = status, first = more.first, last = more.last, cursor = reader.cursor,
                     rank = num(reader.rank), wait_ms = more.wait and num(more.wait), missed_from = missed.from,
                     missed_to = missed.to, missed_count = num(missed.n or 0), why = missed.why,
                     entries = more.entries })
end

-- `reader`: nil where there is none yet.
local function read(entry, reader)
  local stream = not reader and look_at_stream(RESULTS) or nil
  reader = reader or begin(entry, stream)
  if now - (number_in(reader.used) or 0) >= USED_TO_MS or (number_in(reader.used) or 0) > now then
    -- First: where another program put something in place of the list, the call is made again.
    call('SADD', P .. 'readers', name)
    call('HSET', entry, 'used', now_text)
  end
  end_own_span(entry, reader)
  stream = look(entry, reader, stream)
  local entries, wait, span = give_again(entry, reader)
  if entries then
    return answer_with(reader, 'again', { first = span.first, last = span.last, entries = entries })
  end
  if reader.open >= MOST_SPANS then return answer_with(reader, 'full', { wait = wait }) end
  entries = reader.side and read_side(entry, reader)
  if entries then
    return answer_with(reader, 'again', { first = 'r' .. entries[1][1], last = reader.side, entries = entries })
  end
  if after ~= reader.cursor or entry_count == 0 then return answer_with(reader, 'nothing', { wait = wait }) end
  give_offered(entry, reader, stream)
  return answer_with(reader, 'given', { first = first, last = last })
end
