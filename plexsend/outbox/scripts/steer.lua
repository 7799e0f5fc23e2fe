-- steer: what a person asks for. Touches p{a}:m: b: h: of the message named, its lane's sets, counts and ended,
-- p{a}:holds, eased and wake. The hot loop never runs it.
-- ARGV: act, then what the act needs.
--   cancel | requeue | drop | accepted | resend | failed: msg_key        answers {outcome, state}
--   hold: field, JSON (keeps `since` of a hold that stands)              answers {'held', ''}
--   lift: field, JSON (ends the hold if it still is this text)           answers {'lifted' or 'kept', ''}
--   release: fields                                                      answers {'released', field...}

local act = ARGV[1]

local function done(outcome, state)
  write_counts()
  return { outcome, state or '' }
end

local function cancel(key, record)
  if record.s == 'sending' then
    call('HSET', P .. 'm:' .. key, 'f', with(record.f, 'c'))
    note(key, 'cancel_wanted', '', 'asked for while it was being sent')
    return done('wanted', record.s)
  end
  if not target('cancel', record.s) then
    return done('refused', record.s)
  end
  if has(record.f, 'm') then
    note(key, 'park', '', 'cancel wanted, but it may have been sent')
    move(record.l, key, record.s, 'park', now, nil)
    return done('parked', 'uncertain')
  end
  note(key, 'cancel', '', 'asked for by a person')
  return done('cancelled', move(record.l, key, record.s, 'cancel', 0, nil))
end

local function requeue(key, record)
  if not target('requeue', record.s) then return done('refused', record.s) end
  if call('EXISTS', P .. 'b:' .. key) == 0 then return done('no_body', record.s) end
  call('HDEL', P .. 'm:' .. key, 'e', 'n', 'x', 'y', 'g', 'o', 'k', 'z', 'u')
  note(key, 'requeue', '', 'asked for by a person')
  local p = record.p or now_us
  -- Asked for again, so a cancel asked for before is overruled.
  local flags = string.gsub(record.f or '', 'c', '')
  move(record.l, key, record.s, 'requeue', p, { 'p', num(p), 'f', flags })
  wake_by(record.l, now)
  return done('requeued', 'waiting')
end

local function drop(key, record)
  if not target('drop', record.s) then return done('refused', record.s) end
  forget(record.l, key, record.s)
  return done('dropped', record.s)
end

local function settle(key, record)
  local event = 'settle_' .. act
  if not target(event, record.s) then return done('refused', record.s) end
  note(key, event, '', 'by a person')
  if act ~= 'resend' then
    return done('settled', move(record.l, key, record.s, event, 0, { 'c', 'PERSON' }))
  end
  call('HDEL', P .. 'm:' .. key, 'n', 'x', 'y', 'g', 'o', 'k', 'z', 'u')
  -- Alone, like any second try of what may have been sent; a cancel asked for before is overruled.
  local flags = with(string.gsub(record.f or '', 'c', ''), 'a')
  move(record.l, key, record.s, event, record.p or now_us, { 'f', flags, 'p', num(record.p or now_us) })
  wake_by(record.l, now)
  return done('settled', 'waiting')
end

if act == 'hold' then
  local hold = cjson.decode(ARGV[3])
  local old = call('HGET', P .. 'holds', ARGV[2])
  local read, was = pcall(cjson.decode, old)
  if read and type(was) == 'table' and type(was.since) == 'number' then hold.since = was.since end
  call('HSET', P .. 'holds', ARGV[2], cjson.encode(hold))
  return { 'held', '' }
end

if act == 'lift' then
  if call('HGET', P .. 'holds', ARGV[2]) ~= ARGV[3] then return { 'kept', '' } end
  call('HDEL', P .. 'holds', ARGV[2])
  call('HSET', P .. 'eased', ARGV[2], num(now))
  wake_all()
  return { 'lifted', '' }
end

if act == 'release' then
  local answer = { 'released' }
  for i = 2, #ARGV do
    if call('HDEL', P .. 'holds', ARGV[i]) == 1 then
      call('HSET', P .. 'eased', ARGV[i], num(now))
      answer[#answer + 1] = ARGV[i]
    end
  end
  wake_all()
  return answer
end

local key = ARGV[2]
local found = read_record(key, 's', 'l', 'f', 'p')
if not found[1] or not found[2] then return { 'unknown', '' } end
local record = { s = found[1], l = found[2], f = found[3], p = tonumber(found[4] or nil) }
if act == 'cancel' then return cancel(key, record) end
if act == 'requeue' then return requeue(key, record) end
if act == 'drop' then return drop(key, record) end
return settle(key, record)
