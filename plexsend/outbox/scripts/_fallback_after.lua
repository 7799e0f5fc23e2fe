-- needs: _clock, _lanes, _counts, _record, _runs, _fates
-- What follows where a message of a chain that has another one of it in its place gets another state.

-- A fallback that waits still, for its turn or in the quiet hours, does not go where its first was delivered after all.
-- Answers whether it was so.
local function call_back(key)
  local its_key = key .. FALLBACK_MARK
  local found = read_record(its_key, 's', 'l', 'f')
  local waits = (found[1] == 'waiting' or found[1] == 'scheduled') and not has(found[3], MAY_HAVE_BEEN_SENT)
  local home = waits and lane_named(found[2])
  if not home then return false end
  move(home, its_key, found[1], 'cancel', 0)
  note(its_key, 'cancel', '', 'its message was delivered after all')
  call('HSET', record_of .. its_key, 'b', FALLBACK_CALLED_BACK)
  count(home, 'b:cancelled', 1)
  count_of_chain(home, 'cancelled', read_end(its_key), JOINED .. 'cancelled', 1)
  return true
end

-- From now on a first counts, and not its fallback, in the rows of a run. Of a fallback whose record is gone its fate says
-- what it was counted as.
local function note_first(lane, key)
  local group = group_of(lane)
  if not is_run(group) then return end
  local rows = redis.pcall('HGET', run_key(group), 'firsts')
  if type(rows) == 'table' then return end
  local known, row = is_among(rows, key)
  if known or not row then return end
  call('HSET', run_key(group), 'firsts', rows and rows .. ' ' .. row or row)
  if read_record(key .. FALLBACK_MARK, 's')[1] then return end
  local letter = redis.pcall('GETRANGE', fates_key(group), row, row)
  local state = type(letter) == 'string' and string.match(FATE_OF, ' (%l+)=' .. letter)
  if state then count_first(group, state) end
end

-- What another program spoilt must not undo what was written of the first.
local function deliver_after(lane, key, ends)
  local is_read, is_back = pcall(call_back, key)
  if not (is_read and is_back) then
    count(lane, 'both', 1)
    note_first(lane, key)
    note(key, 'fallback', '', 'it was delivered after its fallback had gone')
    return
  end
  call('HDEL', record_of .. key, 'b')
  count(lane, 'fallbacks', -1)
  count(lane, 'b:delivered', -1)
  count_of_chain(lane, 'delivered', ends, JOINED .. 'delivered', -1)
  note(key, 'no_fallback', '', 'its fallback was called back: it was delivered')
end

-- A message that counts by the other one of its chain has another state. Where a person has a first sent again, that is
-- another try of its own.
local function follow_joined(lane, key, from, to, ends)
  count(lane, 'b:' .. from, -1)
  if LIVING(to) then
    call('HDEL', record_of .. key, 'b')
    if ends.b == FALLBACK_MADE then note_first(lane, key) end
    return
  end
  count(lane, 'b:' .. to, 1)
  if to == 'delivered' and ends.b == FALLBACK_MADE then deliver_after(lane, key, ends) end
end
