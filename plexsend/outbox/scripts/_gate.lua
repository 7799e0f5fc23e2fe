-- needs: _clock, _holds
-- What the holds let a lane do now, by the rows of HOLDS.

local function by_until(hold)
  return math.min(hold['until'], now + LONGEST_SLEEP_MS)
end

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

-- Until when a hold that a probe ends lets nothing go; nil: one message may find out.
local function probe_waits(hold)
  if hold.unreadable then return now + LONGEST_SLEEP_MS end
  if hold['until'] > now then return by_until(hold) end
  if hold.probe ~= '' and (hold.probe_until or 0) > now then return now + LONGEST_SLEEP_MS end
  return nil
end

-- `blocked`: the field of the hold in the way; `at`: ms when to look again; `probes`: fields of the holds that
-- want one message as a probe; `size`: the largest batch.
local function gate(lane, service, most_items)
  local fields = hold_fields(lane, service)
  local found = call('HMGET', P .. 'holds', unpack(fields))
  local result = { probes = {}, size = most_items, at = now + LONGEST_SLEEP_MS }
  for i, row in ipairs(HOLDS) do
    local hold = found[i] and row.ends ~= 'person' and read_hold(found[i])
    if found[i] and row.ends == 'person' then
      result.blocked = fields[i]
      return result
    elseif hold and row.ends == 'probe' then
      local at = probe_waits(hold)
      if at then
        result.blocked, result.at = fields[i], at
        return result
      end
      result.probes[#result.probes + 1] = fields[i]
      result.size = math.min(result.size, row.most_at_once)
    elseif hold and hold['until'] > now then
      if row.most_at_once == 0 then
        result.blocked, result.at = fields[i], by_until(hold)
        return result
      end
      result.size = math.max(1, math.min(result.size, row.most_at_once or hold.step))
    end
  end
  return result
end
