-- needs: _clock, _holds, _lanes
-- What the holds let a lane do now, by the rows of HOLD_ROWS.

-- The fields of the holds that cover a lane. What a row holds by lane it holds by route, so that all groups of a route
-- share what one of them found out; behind these come the pauses of the lane's own group and of the lane alone.
local covering = {}

local function hold_fields(lane, service)
  local fields = covering[lane]
  if not fields then
    local group = group_of(lane)
    fields = SHARED_HOLDS(string.match(lane, '@(.+)$') or '', service, route_of(lane))
    for _, field in ipairs(group and OWN_HOLDS(group, lane) or {}) do fields[#fields + 1] = field end
    covering[lane] = fields
  end
  return fields
end

-- Made when the first hold is looked at: most calls meet none.
local shared_rows, own_rows

-- The row of one of these fields, by its place; and whether it covers the lane or its group alone.
local function row_of(place)
  if not shared_rows then shared_rows, own_rows = HOLD_ROWS() end
  return shared_rows[place] or own_rows[place - #shared_rows], place > #shared_rows
end

-- The fields of the holds that a lane does not share with its route; of one scope, where it is given.
local function own_fields(lane, scope)
  local group, fields = group_of(lane), {}
  for _, field in ipairs(group and OWN_HOLDS(group, lane) or {}) do
    if not scope or string.match(field, '^%S+') == scope then fields[#fields + 1] = field end
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

-- `blocked`: the field of the hold in the way; `is_own`: it covers this lane or its group alone, not the whole
-- route; `at`: ms when to look again; `probes`: fields of the holds that want one message as a probe; `size`:
-- the largest batch.
local function gate(lane, service, most_items)
  local fields = hold_fields(lane, service)
  local found = hold_texts(lane, fields)
  local result = { probes = {}, size = most_items, at = now + LONGEST_SLEEP_MS }
  for i, field in ipairs(fields) do
    if found[i] then
      local row, is_own = row_of(i)
      local at, size = look_at_hold(row, found[i])
      if at then
        result.blocked, result.at, result.is_own = field, at, is_own
        return result
      end
      result.size = math.min(result.size, size)
      if row.ends == 'probe' then result.probes[#result.probes + 1] = field end
    end
  end
  return result
end
