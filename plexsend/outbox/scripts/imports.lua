-- needs: _clock, arguments; _policy
-- imports: what an import of a file asks before it adds rows, and what stays of it. Touches p{a}:import:<name>; reads
-- policy and m: . Like submit it may come before the account's first message, so it does not ask for `here`.
-- act: begin, look, forget, end. Its arguments are in arguments.py; after them the rows.
--
-- begin: answers {'run', number, first, salt}, or why this import must not begin as it was asked for: {'old', last},
-- {'archived', first} or {'by', what}.
-- look: for each row new (its mark is noted now), known (it was noted by this run, or the row's record is there),
-- or changed: another run noted the mark, and the row has no record. {'gone'} where the import is not known any more.
-- forget: takes back what a look noted for rows that were certainly not added.
-- end: notes how many rows were added, and whether the file was read to its end.
-- {'spoilt'}: another program wrote to the key.
--
-- A mark is 8 bytes: 6 of a hash, and 2 with the number of the run. Marks are in one of 16,384 fields by the rest of
-- the hash, so that one call reads and writes a few hundred bytes a row.

local entry = P .. 'import:' .. name
local MARK_BYTES, HASH_BYTES = 8, 6
local found = redis.pcall('HMGET', entry, 'first', 'last', 'runs', 'by', 'salt', 'sample', 'until', 'open ' .. file)
if found.err then return { 'spoilt' } end
local first, last, runs = tonumber(found[1] or nil), tonumber(found[2] or nil), tonumber(found[3] or nil)
local is_known = first and last and runs and found[4] and found[5]
local keep_ms = math.floor(policy('keep_days') * 86400000 + 0.5)

-- It is kept for as long as the records of its messages are at least, so until their time to go is counted too.
local function keep(...)
  local ends = math.max(tonumber(found[7] or nil) or 0, math.max(now, send_at_ms) + keep_ms)
  call('HSET', entry, 'last', now_text, 'until', num(ends), ...)
  call('PEXPIRE', entry, num(ends - now))
end

local function begun(number)
  return { 'run', num(number), num(first), found[5] }
end

local function begin()
  if not is_known then
    -- Remains of one that is not whole would be taken for rows of this one.
    call('DEL', entry)
    first, found[5] = now, salt
    keep('first', now_text, 'runs', '1', 'by', by, 'salt', salt, 'rows', '0', 'open ' .. file, '1')
    return begun(1)
  end
  if found[4] ~= by then return { 'by', found[4] } end
  -- Rejected rows belong to the run that rejected them.
  if run > 0 and run <= runs and since == first then
    keep()
    return begun(run)
  end
  -- The same file, not read to its end: it goes on.
  local open = tonumber(found[8] or nil)
  if open then
    keep()
    return begun(open)
  end
  if not resume then
    if last <= now - IMPORT_RESTS_MS then return { 'old', num(last) } end
    local is_gone = found[6] and call('EXISTS', record_of .. found[6]) == 0
    if is_gone or first <= now - keep_ms then return { 'archived', num(first) } end
  end
  keep('runs', num(runs + 1), 'open ' .. file, num(runs + 1))
  return begun(runs + 1)
end

local mine = string.char(math.floor(run / 256) % 256, run % 256)
local fields, written = {}, {}

local function marks_of(bucket)
  local field = 'r' .. bucket
  fields[field] = fields[field] or call('HGET', entry, field) or ''
  return field, fields[field]
end

-- Where the mark of this run is, and whether another run's is there.
local function find(marks, hash)
  local place, is_other, at = nil, false, 0
  while true do
    at = string.find(marks, hash, at + 1, true)
    if not at then return place, is_other end
    if at % MARK_BYTES == 1 then
      if string.sub(marks, at + HASH_BYTES, at + MARK_BYTES - 1) == mine then place = at else is_other = true end
    end
  end
end

local function look_at(row)
  local field, marks = marks_of(row.bucket)
  local place, is_other = find(marks, row.hash)
  if is_other and not sends_changed then
    return call('EXISTS', record_of .. row.msg_key) == 0 and 'changed' or 'known'
  end
  if place then return 'known' end
  fields[field], written[field] = marks .. row.hash .. mine, true
  return 'new'
end

local function forget(row)
  local field, marks = marks_of(row.bucket)
  local place = find(marks, row.hash)
  if place then
    fields[field] = string.sub(marks, 1, place - 1) .. string.sub(marks, place + MARK_BYTES)
    written[field] = true
  end
  return 'forgotten'
end

if act == 'begin' then return begin() end
if not is_known or first ~= since then return { 'gone' } end
if act == 'end' then
  if is_complete then call('HDEL', entry, 'open ' .. file) end
  if sample ~= '' then call('HSETNX', entry, 'sample', sample) end
  call('HINCRBY', entry, 'rows', num(added))
  keep()
  return { 'ended' }
end
local answer = {}
local of_row = act == 'look' and look_at or forget
for i = FIRST_REST, #ARGV, ROW_LENGTH do answer[#answer + 1] = of_row(read_row(i)) end
for field in pairs(written) do call('HSET', entry, field, fields[field]) end
keep()
return answer
