-- needs: _record, _wake, _lanes, _gate, _cancel, _policy, _outlook
-- What was lost about messages is put right. No message gets another state but one of a closed group, which its cancel
-- could not see.

-- Where in its set a message belongs whose record says that it is in this state.
local function place_for(state, position, asked)
  if state == 'waiting' then return tonumber(position or nil) or now_us end
  if state == 'scheduled' then return math.max(now, tonumber(asked or nil) or 0) end
  -- What is being sent counts as abandoned: nobody knows whether it was.
  return now
end

-- Where the set is to have it; nil where it is there, at a time that plexsend gave.
local function right_place(state, at, position, asked)
  if not at then return place_for(state, position, asked) end
  if state == 'scheduled' and tonumber(at) > latest_due(asked) then return place_for(state, position, asked) end
  if state == 'sending' and tonumber(at) > latest_deadline() then return now + policy_ms('reclaim_s') end
  return nil
end

-- Puts a message that is in no set, or would wait there for ever, where its state says. Where its group was cancelled
-- meanwhile, it is cancelled too. Answers whether it was put back.
local function put_back(key)
  local found = read_record(key, 's', 'l', 'p', 'q', 'f')
  local set = found[1] and SET_OF(found[1])
  local home = set and is_plain(key) and lane_named(found[2])
  if not home then return false end
  local score = right_place(found[1], call('ZSCORE', lane_key(home, set), key), found[3], found[4])
  if not score then return false end
  call('ZADD', lane_key(home, set), num(score), key)
  local group = group_of(home)
  if group and call('HEXISTS', P .. 'closed', group) == 1 and (found[1] == 'sending' or target('cancel', found[1])) then
    take_back(home, key, { s = found[1], f = found[5] }, 'its group was cancelled while it was in no set')
  end
  if next_event(home) then wake_by(home, now) end
  return true
end
