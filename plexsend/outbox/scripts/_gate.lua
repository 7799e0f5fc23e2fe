-- needs: _clock, _holds, _lanes, _quiet
-- What the holds let a lane do now, by the rows of HOLD_ROWS.

-- The fields of the holds that cover a lane. What a row holds by lane it holds by route, so that all groups of a route
-- share what one of them found out; behind these come the pauses of the lane's own group and of the lane alone.
local covering = {}

local function hold_fields(lane, service)
  local fields = covering[lane]
  if not fields then
    fields = HOLD_FIELDS(string.match(lane, '@(.+)$') or '', service, route_of(lane), group_of(lane), lane)
    covering[lane] = fields
  end
  return fields
end

-- The fields of the holds that a lane does not share with its route; of one scope, where it is given.
local function own_fields(lane, scope)
  local fields, own = hold_fields(lane, service_of(lane)), {}
  for i = SHARED_HOLDS + 1, #fields do
    if not scope or string.match(fields[i], '^%S+') == scope then own[#own + 1] = fields[i] end
  end
  return own
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

-- `blocked`: the field of the hold in the way, or with `is_hours` `quiet` or `window`; `is_own`: it covers this lane or
-- its group alone, not the whole route; `at`: ms when to look again; `probes`: fields of the holds that want one message as a probe; `size`:
-- the largest batch.
local function gate(lane, service, most_items)
  local fields = hold_fields(lane, service)
  local found = hold_texts(lane, fields)
  local result = { probes = {}, size = most_items, at = now + LONGEST_SLEEP_MS }
  for i, field in ipairs(fields) do
    if found[i] then
      local row = HOLD_ROWS()[i]
      local at, size = look_at_hold(row, found[i])
      if at then
        result.blocked, result.at, result.is_own = field, at, i > SHARED_HOLDS
        return result
      end
      result.size = math.min(result.size, size)
      if row.ends == 'probe' then result.probes[#result.probes + 1] = field end
    end
  end
  if may_have_hours(lane) then
    local at, why = waits_until(lane)
    if at then result.blocked, result.at, result.is_hours = why, at, true end
  end
  return result
end
