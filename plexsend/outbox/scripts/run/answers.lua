-- needs: _runs, arguments
-- The run that a call is about, what is written into it, and what is answered.

local run = run_key(group)

local function answer(status, more)
  more = more or {}
  more.status = status
  return answer_of(more)
end

-- Who prepares a run names its lease (0: nobody): once another prepares it, this one writes nothing into it any more.
local function is_fenced()
  return lease > 0 and number_in(call('HGET', run, 'lease')) ~= lease
end

local function rest()
  local fields = {}
  for i = FIRST_REST, #ARGV do fields[#fields + 1] = ARGV[i] end
  return fields
end

local function write(...)
  local fields = rest()
  for _, value in ipairs({ ... }) do fields[#fields + 1] = value end
  if #fields > 0 then call('HSET', run, unpack(fields)) end
end
