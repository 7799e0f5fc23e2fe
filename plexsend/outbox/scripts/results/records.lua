-- needs: _clock, _record, _lanes, _reader, arguments
-- Records of messages that ended or were parked, as the walk over them meets them: what was published of each last.

-- ms at which the last result of a message was published. `since`: when it ended, or was parked. What a receipt changed
-- says so itself; `r` is there where neither says it.
local function published_ms(found, since)
  local said = number_in(found.r)
  if BY_RECEIPT(found.s) then return said or number_in(string.match(found.w or '', '(%d+)$')) or since end
  return math.max(said or 0, since)
end

-- The record of a message that is still as the walk met it; else nil. `at`: ms in the list of what ended, nil for one that
-- is parked at `parked_ms`.
local function ended_record(key, at, parked_ms)
  local found = read_record(key, 's', 'l', 'c', 'e', 'w', 'r')
  local record = { key = key, s = found[1], l = found[2], c = found[3] or '', e = found[4], w = found[5], r = found[6] }
  if not record.s then return nil end
  if at then
    if LIVING(record.s) or record.e ~= at then return nil end
  elseif record.s ~= 'uncertain' then
    return nil
  end
  record.ms = published_ms(record, number_in(at) or parked_ms)
  return record
end

-- Pages that one call passes over to find where it was.
local MOST_PASSED = 10

local function page_of(list, at)
  local entries = redis.pcall('LRANGE', list, -(at + ENDED_A_PAGE), -(at + 1))
  -- Of another type: audit names it.
  return entries.err and {} or entries
end

local function place_of_marker(entries)
  for i = #entries, 1, -1 do
    if entries[i] == marker then return i end
  end
end

-- Calls `look` for each record on one page of a list of what ended, the latest first. Pages are counted from the end of
-- the list, where others are put meanwhile, however many; so each begins with the entry that was looked at last,
-- `marker`, and what was put behind that is passed over. Answers the marker and the offset of the next page; '': there
-- is none.
local function each_ended(list, look)
  local at, entries = offset, page_of(list, offset)
  -- Before the first page there was none.
  local place = marker == ' ' and #entries + 1 or place_of_marker(entries)
  for _ = 1, MOST_PASSED do
    if place or #entries == 0 then break end
    at = at + ENDED_A_PAGE
    entries = page_of(list, at)
    place = place_of_marker(entries)
  end
  if #entries == 0 then return '', at end
  if not place then return marker, at end
  for i = place - 1, 1, -1 do
    local ms, key = string.match(entries[i], '^(%d+):(.*)$')
    local record = ms and ended_record(key, ms)
    if record then look(record) end
  end
  if #entries < ENDED_A_PAGE then return '', at end
  return entries[1], at + ENDED_A_PAGE - 1
end

-- The same for keys that are named, of a lane's parked messages.
local function each_parked(look)
  for i = FIRST_REST, #ARGV do
    local score = redis.pcall('ZSCORE', lane_key(lane, 'uncertain'), ARGV[i])
    local record = type(score) == 'string' and ended_record(ARGV[i], nil, tonumber(score))
    if record then look(record) end
  end
end

local found_at = {}

-- The id of the entry of this ms that names a key; nil where there is none.
local function entry_with(key, ms)
  local at = num(ms)
  found_at[at] = found_at[at] or call('XRANGE', RESULTS, at, at)
  for i = #found_at[at], 1, -1 do
    if names(keys_in(found_at[at][i]), key) then return found_at[at][i][1] end
  end
end

-- Whether a ms lies in one of these windows, as `replayed` and `reached` have them.
local function in_window(windows, ms)
  for from, to in string.gmatch(windows or '', '(%d+)%-(%d+)') do
    if tonumber(from) <= ms and ms <= tonumber(to) then return true end
  end
  return false
end
