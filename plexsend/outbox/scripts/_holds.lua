-- needs: _clock
-- A hold as it is kept: a field of `holds`, JSON inside.

-- A hold that another program spoilt is held until a person resumes it: nothing is sent by guessing. What cannot be
-- written back is spoilt too: a probe that goes must be noted in its hold.
local function read_hold(text)
  if not text then return nil end
  local read, hold = pcall(cjson.decode, text)
  if read and type(hold) == 'table' and type(hold['until']) == 'number' and number_in(hold['until'])
     and type(hold.step) == 'number' and number_in(hold.step) and type(hold.probe) == 'string'
     and (hold.probe_until == nil or type(hold.probe_until) == 'number') and pcall(cjson.encode, hold) then
    return hold
  end
  return { since = 0, ['until'] = 0, step = 0, by = 'unknown', why = 'cannot be read', probe = '', unreadable = true }
end

-- Texts of holds as they were read in this call, for each lane that asked: settling and taking share them.
local texts_of = {}

local function hold_texts(lane, fields)
  local texts = texts_of[lane]
  if not texts then
    texts = call('HMGET', P .. 'holds', unpack(fields))
    texts_of[lane] = texts
  end
  return texts
end

local function forget_texts()
  for lane in pairs(texts_of) do texts_of[lane] = nil end
end

local function write_hold(field, hold)
  forget_texts()
  call('HSET', P .. 'holds', field, cjson.encode(hold))
end

-- Answers whether there was one.
local function delete_hold(field)
  forget_texts()
  return call('HDEL', P .. 'holds', field) == 1
end

-- Whether an answer of the gateway can begin this hold; a pause is begun by a person alone.
local function is_begun_by_answer(field)
  for _, rows in ipairs({ HOLD_ROWS() }) do
    for _, row in ipairs(rows) do
      if row.begun_by and string.sub(field, 1, #row.prefix) == row.prefix then return true end
    end
  end
  return false
end

-- When a hold ended is remembered: a batch taken before does not begin it again. Answers whether there was one.
local function end_hold(field)
  local ended = delete_hold(field)
  if ended and is_begun_by_answer(field) then call('HSET', P .. 'eased', field, now_text) end
  return ended
end
