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
