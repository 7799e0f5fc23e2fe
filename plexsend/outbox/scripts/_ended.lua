-- needs: _clock, _stats_folds, _stats_by_day
-- Messages that end, and that leave a final state again, as their day counts them. The straight way of a batch does
-- without this: see advance/settle.

local function counted_as(lane, state, code, carrier)
  return lane .. '|' .. state .. '|' .. code .. '|' .. carrier
end

-- The field is a function of what the record holds, so that a message which leaves a state is found where it was
-- counted: `c`, the code of the answer, where that ended it; of `w`, the receipt, where one did; none where a person
-- or a time did.
local function ended_field(lane, state, c, w)
  local code, carrier = c or '', ''
  if BY_RECEIPT(state) then
    code, carrier = string.match(w or '', '^([^|]*)|([^|]*)')
  elseif state == 'cancelled' or state == 'expired' then
    code = ''
  end
  return counted_as(lane, state, code or '', carrier or '')
end

-- `ms`: when it ended first; nil where another program spoilt that.
local function count_ended(ms, field, state, n)
  if ms then count_by_day(ms, field, n) else count_without_day(state, n) end
end

-- When a message ended first, and the field that it is counted in, by its record as it is.
local function counted_so_far(lane, key, state)
  local found = redis.pcall('HMGET', record_of .. key, 'e', 'c', 'w')
  if found.err then found = {} end
  return number_in(found[1]), ended_field(lane, state, found[2], found[3])
end

-- A message came into a final state. `fields`: what was written into its record with that.
local function count_entry(lane, key, state, fields, ms)
  local written = {}
  for i = 1, #fields, 2 do written[fields[i]] = fields[i + 1] end
  local c = written.c
  if not c and string.find(' accepted rejected failed ', ' ' .. state .. ' ', 1, true) then
    c = redis.pcall('HGET', record_of .. key, 'c')
    c = type(c) == 'string' and c
  end
  count_ended(ms, ended_field(lane, state, c, written.w), state, 1)
end

-- `write` changes what a record that ended says of that, and its state stays.
local function recount(lane, key, state, write)
  local ms, field = counted_so_far(lane, key, state)
  write()
  local later_ms, later_field = counted_so_far(lane, key, state)
  count_ended(ms, field, state, -1)
  count_ended(later_ms, later_field, state, 1)
end
