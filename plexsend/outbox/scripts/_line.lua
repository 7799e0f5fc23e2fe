-- needs: _clock, _rate, _gate, _places
-- The line of a service's lanes before its rate: who has had least is first, whatever the size of its batches.
-- Start-time fair queueing: a lane's tag is what it has had, in messages, and moves on with each message. Within a
-- class (ungrouped lanes; groups) lanes have equal shares. The classes have shares of 9 and 1: a message of a
-- group costs its class nine times as much. A lane that comes after a pause begins where the others are, so it
-- has neither credit nor debt.
--
-- A place in the line is a lane's. It keeps `need` permits for the lane until `gives_up`, a second after the time
-- promised to it: a first whose drain died or is held costs the others nothing. A lane that took and has more
-- keeps its tag in the line while its drain is in a request, with a need of 0.

-- Who is before the lane: of the class whose time is least, then of its own.
local function before(spot)
  local found, mine, other = {}, spot.class, 3 - spot.class
  local times = spot.times
  if #spot.fronts[other] > 0 and (times[other] < times[mine] or times[other] == times[mine] and other == 1) then
    for _, one in ipairs(spot.fronts[other]) do found[#found + 1] = one end
  end
  for _, one in ipairs(spot.fronts[mine]) do
    if one.lane == spot.lane or not spot.place.waits and one.tag > spot.tag then break end
    found[#found + 1] = one
  end
  return found
end

-- The permits that are kept for the first who needs some.
local function set_keep(spot)
  spot.keep, spot.keeper = 0, nil
  for _, one in ipairs(spot.ahead) do
    if one.place.need > 0 then
      spot.keep, spot.keeper = one.place.need, one
      return
    end
  end
end

-- Where the lane is in the line, or would be.
local function find_spot(lane, service, state, most_items)
  local found = call('HMGET', fair_key(service), '*', lane)
  local class, own = class_of(lane), read_place(found[2], longest_place(state))
  local times, top, nows = read_times(found[1])
  local spot = { lane = lane, service = service, class = class, most_items = most_items, is_new = not found[1],
                 place = own, nows = nows, class_now = top, times = times,
                 fronts = { front_of(service, 1, state, lane, own), front_of(service, 2, state, lane, own) } }
  -- Who fell behind, because of its requests or connections, may catch up this much.
  local most_behind = math.max(2 * most_items, math.floor(500000 / state.each))
  local now_of_class = spot.nows[class]
  spot.tag = math.max(spot.place.tag, spot.place.waits and now_of_class - most_behind or now_of_class)
  for i = 1, 2 do
    local behind = #spot.fronts[i] > 0 and 2 * most_items * COST_OF_CLASS[i] or 0
    times[i] = math.max(times[i], top - behind)
  end
  spot.ahead = before(spot)
  set_keep(spot)
  return spot
end

-- Whether a lane in the line could take nothing now.
local function is_stuck(lane, spot)
  return call('ZCARD', lane_key(lane, 'ready')) == 0 or gate(lane, spot.service, spot.most_items).blocked ~= nil
end

-- Permits that the lane may have for `n` messages, and in how many ms if not now (0: now). Only where a place is
-- in the way it is asked whether its lane is held or empty.
local function line_wait(spot, state, n)
  for _ = 1, MOST_LOOKED_AT do
    if not spot.keeper or state.permits < n or state.permits - spot.keep >= n then break end
    if not is_stuck(spot.keeper.lane, spot) then break end
    leave_line(spot.keeper.lane, spot.service)
    spot.keeper.place.need = 0
    set_keep(spot)
  end
  return rate_wait(state, n + spot.keep)
end

-- A lane far back in the line need not look each time that permits are there: who is first is woken.
local function line_sleep(spot, state, wait_ms)
  if #spot.ahead < 2 then return wait_ms end
  local rank = call('ZRANK', P .. spot.service .. LINES[spot.class], spot.lane) or #spot.ahead
  local batches = math.max(rank, #spot.ahead) - 1
  return math.max(wait_ms, math.min(LONGEST_SLEEP_MS, wait_ms + batches * spot.most_items * state.each / 1000))
end

-- The lane stands in line for `n` permits that are promised for `at`. `drain`: who waits with its lease kept.
local function stand_in_line(spot, state, n, at, drain)
  write_place(spot, state, nil, spot.tag, n, math.ceil(at) + PLACE_LAPSES_MS, drain)
end

-- The lane had `n` messages. With `more` to send it keeps its tag in the line while its drain is in a request;
-- where another of its drains waits, that one keeps the place.
local function pay(spot, state, n, more, drain)
  local class, place = spot.class, spot.place
  local tag = spot.tag + n
  spot.nows[class] = math.max(spot.nows[class], spot.tag)
  spot.class_now = math.max(spot.class_now, spot.times[class])
  spot.times[class] = spot.times[class] + n * COST_OF_CLASS[class]
  local times = times_text(spot.times, spot.class_now, spot.nows)
  if place.drain and place.drain ~= drain then
    write_place(spot, state, times, tag, place.need, place.gives_up, place.drain)
  else
    local gives_up = more and now + rate_wait(state, spot.most_items) + PLACE_LAPSES_MS or 0
    write_place(spot, state, times, tag, 0, gives_up, nil)
  end
  spot.tag, spot.more = tag, more
end

-- Who is next after the lane has paid: another, or nil where it is the lane itself or nobody.
local function next_in_line(spot)
  local firsts = {}
  for class = 1, 2 do
    for _, one in ipairs(spot.fronts[class]) do
      if one.lane ~= spot.lane then
        firsts[class] = one
        break
      end
    end
  end
  local mine, other = firsts[spot.class], firsts[3 - spot.class]
  if mine and spot.more and mine.tag > spot.tag then mine = nil end
  local has_mine = mine or spot.more
  if other and (not has_mine or spot.times[3 - spot.class] < spot.times[spot.class]) then return other end
  return mine
end

-- Takes back what a lane was charged for messages that were never sent.
local function repay(lane, service, n)
  local fair, class = fair_key(service), class_of(lane)
  local found = call('HMGET', fair, '*', lane)
  if not found[1] or not found[2] then return end
  local times, top, nows = read_times(found[1])
  times[class] = math.max(0, times[class] - n * COST_OF_CLASS[class])
  local tag, rest = string.match(found[2], '^(%d+)( .*)$')
  tag = math.max(0, (tonumber(tag) or 0) - n)
  call('HSET', fair, '*', times_text(times, top, nows), lane, num(tag) .. (rest or ' 0 0 '))
  call('ZADD', P .. service .. LINES[class], 'XX', num(tag), lane)
end
