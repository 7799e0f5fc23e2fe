-- needs: _runs, arguments
-- The run that a call is about, what is written into it, and what is answered.

local run = run_key(group)

local function answer(status, more)
  more = more or {}
  more.status = status
  return answer_of(more)
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
