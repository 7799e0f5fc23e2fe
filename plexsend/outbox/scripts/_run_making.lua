-- needs: _runs
-- How a run is made: as a draft, under a number that its campaign never gave before.

-- `above`: its number is higher than this; `fields`: what is written into it, a flat list. Answers its group.
local function make_run(name, above, id, fields)
  local before = number_in(call('HGET', P .. 'campaigns', '#' .. name)) or 0
  local number = num(math.max(before, above) + 1)
  local group = name .. '~' .. number
  for _, value in ipairs({ 'id', id, 'state', 'draft', 'created', now_text }) do fields[#fields + 1] = value end
  call('ZADD', P .. 'runs', now_text, group)
  call('HSET', run_key(group), unpack(fields))
  call('HSET', P .. 'campaigns', '#' .. name, number)
  return group
end
