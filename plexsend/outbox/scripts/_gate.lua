-- needs: _clock, _holds
-- What the holds let a lane do now, by the rows of HOLDS.

-- A lane's fields of the rows of HOLDS, in their order.
local fields_of = {}

local function hold_fields(lane, service)
  local fields = fields_of[lane]
  if not fields then
    local covered = { account = string.match(lane, '@(.+)$') or '', service = service, lane = lane }
    fields = {}
    for i, row in ipairs(HOLDS) do fields[i] = row.prefix .. covered[row.scope] end
    fields_of[lane] = fields
  end
  return fields
end

-- What one hold lets go: until when nothing (ms), or nil and the largest batch.
local function look_at_hold(row, text)
  local later = now + LONGEST_SLEEP_MS
  if row.ends == 'person' then return later end
  local hold = read_hold(text)
  local is_over = hold['until'] <= now
  if row.ends == 'time' then
    if is_over then return nil, math.huge end
    if row.most_at_once == 0 then return math.min(hold['until'], later) end
    return nil, row.most_at_once or math.max(1, hold.step)
  end
  if hold.unreadable then return later end
  if not is_over then return math.min(hold['until'], later) end
  if hold.probe ~= '' and (hold.probe_until or 0) > now then return later end
  return nil, row.most_at_once
end

-- `blocked`: the field of the hold in the way; `at`: ms when to look again; `probes`: fields of the holds that
-- want one message as a probe; `size`: the largest batch.
local function gate(lane, service, most_items)
  local fields = hold_fields(lane, service)
  local found = call('HMGET', P .. 'holds', unpack(fields))
  local result = { probes = {}, size = most_items, at = now + LONGEST_SLEEP_MS }
  for i, row in ipairs(HOLDS) do
    if found[i] then
      local at, size = look_at_hold(row, found[i])
      if at then
        result.blocked, result.at = fields[i], at
        return result
      end
      result.size = math.min(result.size, size)
      if row.ends == 'probe' then result.probes[#result.probes + 1] = fields[i] end
    end
  end
  return result
end
