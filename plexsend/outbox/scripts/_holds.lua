-- needs: _clock
-- A hold as it is kept: a field of `holds`, JSON inside.

-- A hold that another program spoilt is held until a person resumes it: nothing is sent by guessing.
local function read_hold(text)
  if not text then return nil end
  local read, hold = pcall(cjson.decode, text)
  if read and type(hold) == 'table' and type(hold['until']) == 'number' and type(hold.step) == 'number'
     and type(hold.probe) == 'string' and type(hold.probe_until or 0) == 'number' then
    return hold
  end
  return { since = 0, ['until'] = 0, step = 0, by = 'unknown', why = 'cannot be read', probe = '', unreadable = true }
end

local function write_hold(field, hold)
  call('HSET', P .. 'holds', field, cjson.encode(hold))
end

-- Whether an answer of the gateway can begin this hold; a pause is begun by a person alone.
local function is_begun_by_answer(field)
  for _, row in ipairs(HOLDS) do
    if row.begun_by and string.sub(field, 1, #row.prefix) == row.prefix then return true end
  end
  return false
end

-- When a hold ended is remembered: a batch taken before does not begin it again. Answers whether there was one.
local function end_hold(field)
  local ended = call('HDEL', P .. 'holds', field) == 1
  if ended and is_begun_by_answer(field) then call('HSET', P .. 'eased', field, now_text) end
  return ended
end
