-- needs: _clock, arguments; _reader, _lanes, results/records
-- proof: whether a reader was given the last result of each message that ended or was parked, or it lies ahead of it. Reads
-- of an account: readers:<name>, results, ended, uncertain, m: and lanes; writes nothing.
--
-- Its arguments are in arguments_results.py. act:
--   begin:  {'begun', began_ms, cursor, first id of the stream}; {'gone'}: there is no such reader
--   ended:  looks at a page of what ended, see each_ended; `lane`: whose own list, as in form 1; empty: the account's
--   parked: looks at the keys named, of messages that are parked in `lane`
-- Answers {marker, offset of the next page, given, ahead, unknown, {key, state, ms, why ...}}: the last are those that were not given, why:
-- trimmed, deleted (from the stream, or never put into it), skipped, unreadable, lost, or early: before the reader began.

local reader = reader_in(call('HGETALL', P .. 'readers:' .. name))
if not reader then return { 'gone' } end
local stream = look_at_stream(RESULTS)
local first_ms = stream.first and id_parts(stream.first) or math.huge
local cursor_ms = id_parts(reader.cursor)
if act == 'begin' then return { 'begun', num(reader.began_ms), reader.cursor, stream.first or '' } end

local function is_open(id)
  for _, span in pairs(reader.spans) do
    if string.sub(span.first, 1, 1) ~= 'r' and not is_before(id, span.first) and not is_before(span.last, id) then
      return true
    end
  end
  return false
end

local function may_be_open(ms)
  for _, span in pairs(reader.spans) do
    if string.sub(span.first, 1, 1) ~= 'r' and id_parts(span.first) <= ms and ms <= id_parts(span.last) then return true end
  end
  return false
end

-- What was missed at this ms, unless the key was given there. Keys are known of the two ends alone: between them a later
-- result of the same message was missed. Second: whether there were too many keys to say.
local function missed_at(key, ms)
  local is_unclear = false
  for from, missed in pairs(reader.missed) do
    local from_ms, to_ms = id_parts(from), id_parts(missed.to)
    local at_from, at_to = ms == from_ms and missed.from_edge or '', ms == to_ms and missed.to_edge or ''
    if from_ms <= ms and ms <= to_ms and not names(at_from, key) and not names(at_to, key) then
      if at_from ~= '*' and at_to ~= '*' then return missed end
      is_unclear = true
    end
  end
  return nil, is_unclear
end

-- What is known of a message whose entry is in the stream.
local function judge_entry(key, ms, id)
  if is_before(reader.cursor, id) or is_open(id) then return 'ahead' end
  local missed = missed_at(key, ms)
  if missed and (missed.why == 'skipped' or missed.why == 'unreadable') then return missed.why end
  return 'given'
end

-- The same where its entry was trimmed: what was given before is given.
local function judge_trimmed(key, ms)
  local missed, is_unclear = missed_at(key, ms)
  -- What of it was taken out is not known any more, and what was not was given.
  if missed then return missed.why == 'deleted' and 'unknown' or missed.why end
  if ms > cursor_ms or may_be_open(ms) then return 'trimmed' end
  if is_unclear then return 'unknown' end
  -- Nothing was trimmed that it was not given.
  if ms < cursor_ms or stream.added - stream.length <= reader.rank then return 'given' end
  if reader.edge == '*' then return 'unknown' end
  return names(reader.edge, key) and 'given' or 'trimmed'
end

local function judge(key, ms)
  if ms <= reader.began_ms then return 'early' end
  if ms < first_ms then return judge_trimmed(key, ms) end
  local id = entry_with(key, ms)
  if id then return judge_entry(key, ms, id) end
  -- The first that is there may have had others before it at its ms.
  return ms == first_ms and judge_trimmed(key, ms) or 'deleted'
end

local tallies = { given = 0, ahead = 0, unknown = 0 }
local missing = {}

local function look(record)
  if record.ms < since_ms then return end
  local found = judge(record.key, record.ms)
  if not tallies[found] then
    if in_window(reader.replayed, record.ms) then
      found = 'given'
    elseif in_window(reader.reached, record.ms) or in_window(reader.pending, record.ms) then
      found = 'ahead'
    else
      local at = #missing
      missing[at + 1], missing[at + 2], missing[at + 3], missing[at + 4] = record.key, record.s, num(record.ms), found
      return
    end
  end
  tallies[found] = tallies[found] + 1
end

local last, next_offset = '', 0
if act == 'parked' then
  each_parked(look)
else
  last, next_offset = each_ended(lane == '' and P .. 'ended' or lane_key(lane, 'ended'), look)
end
return { last, num(next_offset), tallies.given, tallies.ahead, tallies.unknown, missing }
