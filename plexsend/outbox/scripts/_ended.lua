-- needs: _clock, _stats_folds, _stats_by_day
-- Messages that end, and that leave a final state again, as their day counts them. The straight way of a batch does
-- without this: see advance/settle.

local function counted_as(lane, state, code, carrier)
  return lane .. '|' .. state .. '|' .. code .. '|' .. carrier
end

-- The field is a function of what the record holds, so that a message which leaves a state is found where it was
-- counted: `c`, the code of the answer, where that ended it, or of what kept it from going; of `w`, the receipt, where
-- one did; none where a person or a time did.
local function ended_field(lane, state, c, w)
  local code, carrier = c or '', ''
  if BY_RECEIPT(state) then
    code, carrier = string.match(w or '', '^([^|]*)|([^|]*)')
  elseif state == 'expired' or state == 'cancelled' and not string.find(KEPT_BACK, ' ' .. code .. ' ', 1, true) then
    code = ''
  end
  return counted_as(lane, state, code or '', carrier or '')
end

-- `ms`: when it ended first; nil where another program spoilt that.
local function count_ended(ms, field, state, n)
  if ms then count_by_day(ms, field, n) else count_without_day(state, n) end
end

-- A record's fields that say how it ended, when, what was published of it, and what is with its fallback, by their names.
local function read_end(key)
  local found = call('HMGET', record_of .. key, 'l', 'e', 'c', 'w', 'r', 'b')
  return { l = found[1], e = found[2], c = found[3], w = found[4], r = found[5], b = found[6] }
end

-- Whether the outcome of a message counts by the other one of its chain. `b`: as its record has it.
local function is_joined(b)
  return b == FALLBACK_MADE or b == FALLBACK_CALLED_BACK
end

-- Where a message counts that ended, with another word than its state: what is counted of chains beside it.
local function field_of_chain(lane, state, c, w, word)
  return lane .. '|' .. word .. string.sub(ended_field(lane, state, c, w), #lane + #state + 2)
end

local function count_of_chain(lane, state, ends, word, n)
  count_ended(number_in(ends.e), field_of_chain(lane, state, ends.c, ends.w, word), word, n)
end

-- Counts a message where its record says that it ended (`n`: 1), or takes it from there (-1). `ends`: as `read_end`
-- answers, and as the record is in that state. Answers whether it was kept from going, such as for a suppression:
-- cancelled alone does not tell it from what a person took back.
local function count_end(lane, state, ends, n)
  count_ended(number_in(ends.e), ended_field(lane, state, ends.c, ends.w), state, n)
  if ends.b and is_joined(ends.b) then count_of_chain(lane, state, ends, JOINED .. state, n) end
  return state == 'cancelled' and ends.c and string.find(KEPT_BACK, ' ' .. ends.c .. ' ', 1, true)
end

-- Writes fields (a flat list) into a record that ended, whose state stays. `ends`: as it is before.
local function rewrite_end(lane, key, state, ends, fields)
  count_end(lane, state, ends, -1)
  call('HSET', record_of .. key, unpack(fields))
  for i = 1, #fields, 2 do ends[fields[i]] = fields[i + 1] end
  count_end(lane, state, ends, 1)
end
