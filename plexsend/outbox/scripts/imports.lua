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
-- A mark is 8 bytes: the first 6 of a digest, and 2 with the number of the run. It is in one of 16,384 fields by the
-- other 2 of the digest, so that a call reads and writes a few hundred bytes a row. 62 bits: among a million receivers
-- hardly ever two are taken for one.

-- `pending` has what the last look noted: a run that died then left marks of rows that were perhaps not added.

local entry = P .. 'import:' .. name
local MARK_BYTES, HASH_BYTES, BUCKETS = 8, 6, 16384
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

-- The field for a digest, the marks in it, and what a mark of the digest begins with.
local fields, written = {}, {}
local function marks_of(digest)
  local high, low = string.byte(digest, HASH_BYTES + 1, HASH_BYTES + 2)
  local field = 'r' .. (high * 256 + low) % BUCKETS
  fields[field] = fields[field] or call('HGET', entry, field) or ''
  return field, fields[field], string.sub(digest, 1, HASH_BYTES)
end

local function of_run(number)
  return string.char(math.floor(number / 256) % 256, number % 256)
end

-- Where the mark of a run is, and whether another run's is there.
local function find(marks, hash, own)
  local place, is_other, at = nil, false, 0
  while true do
    at = string.find(marks, hash, at + 1, true)
    if not at then return place, is_other end
    if at % MARK_BYTES == 1 then
      if string.sub(marks, at + HASH_BYTES, at + MARK_BYTES - 1) == own then place = at else is_other = true end
    end
  end
end

local function take_back(digest, own)
  local field, marks, hash = marks_of(digest)
  local place = find(marks, hash, own)
  if place then
    fields[field] = string.sub(marks, 1, place - 1) .. string.sub(marks, place + MARK_BYTES)
    written[field] = true
  end
end

local function write_marks()
  for field in pairs(written) do call('HSET', entry, field, fields[field]) end
end

-- A row of it that has no record was not added: it must not keep the same row, mended, from going. One that was noted a
-- moment ago may be about to be added; of one that was noted long ago the record may be gone.
local function take_back_pending()
  local text = call('HGET', entry, 'pending')
  local since_ms, number, at = string.match(text or '', '^(%d+) (%d+) ()')
  local age_ms = at and now - tonumber(since_ms)
  if not at or age_ms < IMPORT_PENDING_MS or age_ms > IMPORT_RESTS_MS then return end
  local own = of_run(tonumber(number))
  while at <= #text do
    local length = string.byte(text, at)
    local key = string.sub(text, at + 1 + MARK_BYTES, at + MARK_BYTES + length)
    if call('EXISTS', record_of .. key) == 0 then take_back(string.sub(text, at + 1, at + MARK_BYTES), own) end
    at = at + 1 + MARK_BYTES + length
  end
  write_marks()
  call('HDEL', entry, 'pending')
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
  -- Rejected rows belong to the run that rejected them, and the same file, not read to its end, goes on: unless rows of
  -- that run may have no record any more. Those must be held back, which another run does.
  local is_gone = first <= now - keep_ms or found[6] and call('EXISTS', record_of .. found[6]) == 0
  local rejected_by = run > 0 and run <= runs and since == first and run
  local earlier = rejected_by or tonumber(found[8] or nil)
  if earlier and not is_gone then
    keep()
    return begun(earlier)
  end
  if not resume then
    if is_gone then return { 'archived', num(first) } end
    if last <= now - IMPORT_RESTS_MS then return { 'old', num(last) } end
  end
  take_back_pending()
  keep('runs', num(runs + 1), 'open ' .. file, num(runs + 1))
  return begun(runs + 1)
end

local mine, pending = of_run(run), {}

local function look_at(row)
  local field, marks, hash = marks_of(row.digest)
  local place, is_other = find(marks, hash, mine)
  if is_other and not sends_changed then
    return call('EXISTS', record_of .. row.msg_key) == 0 and 'changed' or 'known'
  end
  if place then return 'known' end
  fields[field], written[field] = marks .. hash .. mine, true
  pending[#pending + 1] = string.char(#row.msg_key) .. row.digest .. row.msg_key
  return 'new'
end

local function forget(row)
  take_back(row.digest, mine)
  return 'forgotten'
end

if act == 'begin' then return begin() end
if not is_known or first ~= since then return { 'gone' } end
if sample ~= '' then call('HSETNX', entry, 'sample', sample) end
if act == 'end' then
  if is_complete then call('HDEL', entry, 'open ' .. file, 'pending') end
  call('HINCRBY', entry, 'rows', num(added))
  keep()
  return { 'ended' }
end
local answer = {}
local of_row = act == 'look' and look_at or forget
for i = FIRST_REST, #ARGV, ROW_LENGTH do answer[#answer + 1] = of_row(read_row(i)) end
write_marks()
keep('pending', now_text .. ' ' .. num(run) .. ' ' .. table.concat(pending))
return answer
