-- needs: _record, _wake, _lanes, _gate, _cancel, _policy, _outlook, _receipt, _left_receipt, sweep/retention, _fallback
-- What was lost about messages is put right. No message gets another state but one of a closed group, which its cancel
-- could not see, and one with a receipt that an older program left.

-- When it was parked, which its history says: what was published of it then is found by that.
local function parked_ms(key)
  local entries = redis.pcall('LRANGE', P .. 'h:' .. key, 0, -1)
  for i = #entries, 1, -1 do
    local at = number_in(string.match(entries[i], '^(%d+)|park|'))
    if at then return math.min(at, now) end
  end
end

-- Where in its set a message belongs whose record says that it is in this state.
local function place_for(key, state, position, asked)
  if state == 'uncertain' then return parked_ms(key) or now end
  if state == 'waiting' then return tonumber(position or nil) or now_us end
  if state == 'scheduled' then return math.max(now, tonumber(asked or nil) or 0) end
  -- What is being sent counts as abandoned: nobody knows whether it was.
  return now
end

-- Where the set is to have it; nil where it is there, at a time that plexsend gave.
local function right_place(key, state, at, position, asked)
  if not at then return place_for(key, state, position, asked) end
  if state == 'scheduled' and tonumber(at) > latest_due(asked) then return place_for(key, state, position, asked) end
  if state == 'sending' and tonumber(at) > latest_deadline() then return now + policy_ms('reclaim_s') end
  return nil
end

-- ms of the first entry of the list of what ended; huge where there is none. Asked for once.
local first_ended

local function is_out_of_list(ended_ms)
  if not first_ended then
    local entry = call('LINDEX', P .. 'ended', 0)
    first_ended = entry and tonumber(string.match(entry, '^(%d+):')) or math.huge
  end
  return ended_ms + FAR_AHEAD_MS < first_ended
end

-- What ended before all that is in the list is in it no more: another program took it off, or one that did not know its
-- state. Where that state says that no receipt is waited for, it goes once it is old enough. Else it is put at the end,
-- once, or its record would be there for ever.
local function put_into_list(key, state, l, flags, ended)
  local ended_ms = number_in(ended)
  if not ended_ms or not l or string.find(l, '@', 1, true) or not target('archive', state) then return end
  if not is_out_of_list(ended_ms) then return end
  if BY_RECEIPT(state) and not is_kept(ended_ms) then
    archive(ended, key)
  elseif not has(flags, LISTED_ANEW) then
    call('RPUSH', P .. 'ended', ended .. ':' .. key)
    call('HSET', record_of .. key, 'f', with(flags, LISTED_ANEW))
  end
end

-- A fallback that is kept and of which should have been decided is decided at the next sweep. One without its first goes:
-- nothing could make it any more.
local function mend_fallback(key, state, b)
  if not state then call('DEL', kept_of(key)) end
  if not is_kept_in(b) then return end
  local is_open = state == 'accepted' or state == 'unknown'
  if call('EXISTS', kept_of(key)) == 0 then
    call('HDEL', record_of .. key, 'b')
    note(key, 'no_fallback', '', 'its fallback was not sent: it is gone')
  elseif state and not LIVING(state) and (made_after(b) or not is_open) then
    redis.pcall('ZADD', P .. 'overdue', 'NX', now_text, key)
  end
end

-- Puts a message that is in no set, or would wait there for ever, where its state says. Where its group was cancelled
-- meanwhile, it is cancelled too. Answers whether it was put back.
local function put_back(key)
  settle_left_receipt(key)
  local found = read_record(key, 's', 'l', 'p', 'q', 'f', 'e', 'b')
  mend_fallback(key, found[1], found[7])
  if found[1] and is_plain(key) then put_into_list(key, found[1], found[2], found[5], found[6]) end
  local set = found[1] and SET_OF(found[1])
  local home = set and is_plain(key) and lane_named(found[2])
  if not home then return false end
  local score = right_place(key, found[1], call('ZSCORE', lane_key(home, set), key), found[3], found[4])
  if not score then return false end
  call('ZADD', lane_key(home, set), num(score), key)
  local group = group_of(home)
  if group and call('HEXISTS', P .. 'closed', group) == 1 and (found[1] == 'sending' or target('cancel', found[1])) then
    take_back(home, key, { s = found[1], f = found[5] }, 'its group was cancelled while it was in no set')
  end
  if next_event(home) then wake_by(home, now) end
  return true
end
