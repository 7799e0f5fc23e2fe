-- needs: nothing
-- What every script begins with: the clock, how a number is written and read, and the names of keys.
-- KEYS[1] is what every key of the account begins with, such as `plexsend:{main}:`.

local P = KEYS[1]
local call = redis.call
local clock = call('TIME')
local now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local now = math.floor(now_us / 1000)

-- tostring() keeps 14 digits, which is too few for microseconds.
local function num(value)
  return string.format('%.0f', value)
end

-- Every number that the outbox keeps is a count or a time. What another program left there may be none, or one that
-- Redis does not take back, such as `nan`: then nil.
local function number_in(text)
  local value = tonumber(text or nil)
  return value and value >= 0 and value < LARGEST_NUMBER and value or nil
end

-- Written many times in one call, so it is turned into text once.
local now_text = num(now)

-- What the names of records and of bodies begin with; their message's key follows.
local record_of, body_of = P .. 'm:', P .. 'b:'

local function lane_key(lane, part)
  return P .. lane .. ':' .. part
end
