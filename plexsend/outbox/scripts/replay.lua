-- needs: _clock, _here, arguments; _reader, _lanes, _policy, _publishing, results/missed, results/records
-- replay: rebuilds for a reader what it was to hear, from the records. Touches replay:<name>, readers:<name>, and where the
-- stream lost what is still ahead of the reader: results and m: ; reads ended, uncertain, lanes, policy.
--
-- Its arguments are in arguments_results.py. act:
--   begin:  notes what the reader missed so far. Answers {'begun', until_ms}: what was published until then is rebuilt for
--           this reader, whether it was given or not; {'gone'}: there is no such reader
--   ended, parked: as for the script proof. Answers {marker, offset of the next page, messages}
--   end:    all was looked at: what lies between `since_ms` and `until_ms` counts as given once all of it was
-- It is no script that runs with memory full: what is rebuilt takes room.

if not is_here then return { 'moved' } end
local entry, side_stream = P .. 'readers:' .. name, P .. 'replay:' .. name
local reader = reader_in(call('HGETALL', entry))
if not reader then return { 'gone' } end
local stream = look_at_stream(RESULTS)

local function begin()
  local at, rank = reader.cursor, reader.rank
  notice_missed(entry, reader, stream)
  if at ~= reader.cursor or rank ~= reader.rank then write_reader(entry, reader) end
  if not reader.side then call('HSET', entry, 'side', look_at_stream(side_stream).last) end
  -- What an earlier one put there, and was not heard yet, is ahead still; and all of it is not heard before this one ends.
  if reader.reached then
    call('HSET', entry, 'pending', reader.reached)
    call('HDEL', entry, 'reached')
  end
  local upto = id_parts(reader.cursor)
  if stream.first and is_before(reader.cursor, stream.first) then upto = id_parts(stream.first) - 1 end
  if not stream.first then upto = now end
  return { 'begun', num(upto) }
end

-- What is rebuilt, gathered: one entry for all of a page that share lane, state and code.
local rebuilt, count_of = {}, 0

local function rebuild(record, home)
  local code, carrier, done = record.c, nil, nil
  if BY_RECEIPT(record.s) and record.w then
    code, carrier, done = string.match(record.w, '^([^|]*)|([^|]*)|([^|]*)|')
  end
  local more = carrier and carrier .. '|' .. done
  -- Ahead in the stream, and not there: all readers are to hear it.
  if record.ms > until_ms then
    call('HSET', record_of .. record.key, 'r', now_text)
    return entered(home, record.key, record.s, code, more)
  end
  gather(rebuilt, home, record.key, record.s, code, more)
end

local function look(record)
  if record.ms < since_ms or record.ms > until_ms and entry_with(record.key, record.ms) then return end
  local home = lane_named(record.l)
  if not home then return end
  rebuild(record, home)
  count_of = count_of + 1
end

local function write_rebuilt()
  for _, one in ipairs(rebuilt) do publish_to_reader(side_stream, one) end
  if outcomes then write_outcomes() end
end

if act == 'begin' then return begin() end
if act == 'end' then
  local windows = { num(since_ms) .. '-' .. num(until_ms) }
  for from, to in string.gmatch(reader.pending or '', '(%d+)%-(%d+)') do
    local is_inside = since_ms <= tonumber(from) and tonumber(to) <= until_ms
    if not is_inside then windows[#windows + 1] = from .. '-' .. to end
  end
  call('HSET', entry, 'reached', table.concat(windows, ' '))
  call('HDEL', entry, 'pending')
  return { 'ended' }
end
local last, next_offset = '', 0
if act == 'parked' then
  each_parked(look)
else
  last, next_offset = each_ended(lane == '' and P .. 'ended' or lane_key(lane, 'ended'), look)
end
write_rebuilt()
return { last, num(next_offset), num(count_of) }
