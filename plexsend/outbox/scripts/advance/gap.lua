-- needs: _record, _policy, _suppressed, arguments, advance/names
-- No second advertisement to a number within so many days (policy ad_gap_days): `advertised:<bucket>`, the rest of the
-- number's hash → day (2 bytes) and two bytes that tell the message. Written with the take: of two that are on their way
-- at once none knows how the other ends. One that is refused gives the number free again.

-- Korean days: they end in the quiet hours. Those of UTC end at nine in the morning, between two advertisements.
local function now_day()
  return math.floor((now + 9 * HOUR_MS) / 86400000) % 65536
end

-- Tells a message, so that neither its own second try nor its fallback is a second advertisement.
local function mark_of(key)
  local is_fallback = string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK
  local hex = redis.sha1hex(is_fallback and string.sub(key, 1, -#FALLBACK_MARK - 1) or key)
  return string.char(tonumber(string.sub(hex, 1, 2), 16), tonumber(string.sub(hex, 3, 4), 16))
end

local function gap_place(hash)
  local key, field = place_of(hash)
  return string.gsub(key, ':suppressed:', ':advertised:'), field
end

-- In this call: place → message that goes there.
local chosen_for = {}

-- Whether the number had another advertisement within the days; else the message keeps where to write it down.
local function came_too_soon(message, hash, days)
  local key, field = gap_place(hash)
  local value, mark = call('HGET', key, field), mark_of(message.key)
  if value and string.sub(value, 3) ~= mark then
    local one, two = string.byte(value, 1, 2)
    if (now_day() - (one * 256 + two)) % 65536 < days then return true end
  end
  local place = key .. ' ' .. field
  if (chosen_for[place] or message.key) ~= message.key then return true end
  chosen_for[place] = message.key
  message.gap = { key, field, mark, days }
  return false
end

-- With the take, once nothing keeps the message back any more.
local function note_advertised(gap)
  local day = now_day()
  call('HSET', gap[1], gap[2], string.char(math.floor(day / 256), day % 256) .. gap[3])
  -- Of a bucket to which nobody advertises any more nothing stays.
  call('PEXPIRE', gap[1], num((gap[4] + 1) * 86400000))
end

-- The gateway refused it: its number had none.
local function forget_advertised(key)
  local i = read_record(key, 'i')[1]
  if not i or #i < SUPPRESSED_HASH then return end
  local bucket, field = gap_place(string.sub(i, 1, SUPPRESSED_HASH))
  local value = redis.pcall('HGET', bucket, field)
  if type(value) == 'string' and string.sub(value, 3) == mark_of(key) then call('HDEL', bucket, field) end
end
