-- needs: _run_fence, arguments
-- Feeding a run of a campaign: what is added and how far the run is fed are written in one call, or neither.

-- What a rate lets go at once after a rest, in µs of it.
local RUN_SPARE_US = 100000

-- What is known of the run, and `refused`: what submit answers where nothing may be added to it now.
local function read_feed(group)
  local fields = read_fence(group)
  local why = fenced_by(fields, run_lease, run_since)
  if why then return { refused = { 'fenced', why } } end
  if fields.rate > 0 then
    fields.each = 1000000 / fields.rate
    -- Further ahead than one call charges: the clock was set back.
    fields.tat = math.min(fields.tat, now_us + MOST_SUBMITTED * fields.each)
    if fields.tat > now_us then fields.refused = { 'later', num(math.ceil((fields.tat - now_us) / 1000)) } end
  end
  return fields
end

-- Fates that are read at once, and what was read: number of such a page -> its bytes.
local FATES_AT_ONCE, fates_read = 500, {}

-- The state in which a row's message ended whose record is gone, nil where it has no fate. A feeder that died between the
-- lanes of a block added rows that the mark does not show, and they may have ended and been archived since.
local function ended_before(group, fields, key)
  local id, row = string.match(key, '^(%x+)%-(%d+)$')
  row = id == fields.id and number_in(row)
  if not row then return nil end
  local page, place = math.floor(row / FATES_AT_ONCE), row % FATES_AT_ONCE + 1
  if not fates_read[page] then
    local found = redis.pcall('GETRANGE', fates_key(group), num(row - place + 1), num(row - place + FATES_AT_ONCE))
    fates_read[page] = type(found) == 'string' and found or ''
  end
  local letter = string.match(fates_read[page], '^%l', place)
  if not letter then return nil end
  local word = string.match(FATE_OF, ' (%l+)=' .. letter) or 'unknown'
  return word == 'suppressed' and 'cancelled' or word
end

-- Notes what was added, and that the rows until the mark were fed.
local function note_feed(group, fields, added, size_bytes)
  local written = { 'bytes', num(fields.bytes + size_bytes) }
  if run_fed > 0 then
    written[3], written[4] = 'fed', num(run_fed)
    written[5], written[6] = 'skipped', num(fields.skipped + run_skipped)
  end
  if fields.each then
    written[#written + 1] = 'tat'
    written[#written + 1] = num(math.ceil(math.max(fields.tat, now_us - RUN_SPARE_US) + added * fields.each))
  end
  call('HSET', run_key(group), unpack(written))
end
