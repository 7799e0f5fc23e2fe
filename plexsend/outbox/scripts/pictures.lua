-- needs: _clock, arguments;
-- pictures: which pictures the gateway was given, under which address, and who uploads one just now. Touches
-- p{a}:pictures. Like submit it may come before the account's first message, so it does not ask for `here`.
-- act: find, claim, done, drop. Its arguments are in arguments_pictures.py; after them, of a find, hashes of addresses.
--
-- find: for each address `<ms when the gateway deletes it> <picture>`, empty where it is not known.
-- claim: {'known', what done was given} where it was uploaded and lives for long enough; {'late', ms} where also one
-- that is uploaded now would be deleted by need_ms; {'busy', ms} while another process uploads it; else
-- {'yours', ms when it will be deleted}: the caller uploads it, and says so (done) or gives it up (drop).
-- A claim lapses, so a process that died keeps nobody waiting for longer.

local key = P .. 'pictures'
local of_picture, claim_of = 'p:' .. picture, 'w:' .. picture

local function ms_in(text)
  return text and number_in(string.match(text, '^%d+'))
end

-- The gateway's word is a number of months; in whole days, so that messages with pictures of one day share their times.
local function deleted_at()
  local ends = now + PICTURE_KEPT_MS
  return ends - ends % 86400000
end

-- Takes away some of what is over. Each call adds at most two fields and looks at more, so none stays for ever; the
-- whole key goes by itself, when the last of it is over.
local function tidy()
  local page = call('HSCAN', key, call('HGET', key, 'from') or '0', 'COUNT', PICTURES_LOOKED_AT)
  for i = 1, #page[2], 2 do
    local field, kind = page[2][i], string.sub(page[2][i], 1, 2)
    local ends = ms_in(page[2][i + 1])
    local over = kind == 'w:' and (not ends or ends < now)
      or (kind == 'p:' or kind == 'u:') and (not ends or ends + PICTURE_KNOWN_MS < now)
    if over then call('HDEL', key, field) end
  end
  call('HSET', key, 'from', page[1])
end

local function find()
  local found = {}
  for i = FIRST_REST, #ARGV do found[#found + 1] = call('HGET', key, 'u:' .. ARGV[i]) or '' end
  return found
end

local function claim()
  local known = not anew and call('HGET', key, of_picture)
  local until_ms, fresh_ms = ms_in(known), deleted_at()
  local wanted_ms = math.max(now + PICTURE_SPARE_MS, need_ms + 1)
  if until_ms and (until_ms >= wanted_ms or until_ms > need_ms and until_ms >= fresh_ms) then
    return { 'known', known }
  end
  if need_ms >= fresh_ms then return { 'late', num(fresh_ms) } end
  local is_new = call('EXISTS', key) == 0
  local under_way = call('HGET', key, claim_of)
  local lapses = ms_in(under_way)
  if lapses and lapses > now and lapses <= now + PICTURE_CLAIM_MS and string.match(under_way, ' (.*)$') ~= token then
    return { 'busy', num(lapses - now) }
  end
  call('HSET', key, claim_of, num(now + PICTURE_CLAIM_MS) .. ' ' .. token)
  if is_new then call('PEXPIRE', key, PICTURE_CLAIM_MS) end
  return { 'yours', num(fresh_ms) }
end

local function drop()
  local under_way = call('HGET', key, claim_of)
  if under_way and string.match(under_way, ' (.*)$') == token then call('HDEL', key, claim_of) end
end

local function done()
  drop()
  local ends = num(need_ms)
  call('HSET', key, of_picture, ends .. ' ' .. facts, 'u:' .. address, ends .. ' ' .. picture)
  call('PEXPIRE', key, num(math.max(need_ms, deleted_at()) + PICTURE_KNOWN_MS - now))
  tidy()
end

if act == 'find' then return find() end
if act == 'claim' then return claim() end
if act == 'drop' then
  drop()
else
  done()
end
return { 'ok' }
