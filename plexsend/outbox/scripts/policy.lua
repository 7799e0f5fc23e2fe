-- needs: _clock, _here, arguments;
-- policy: writes what is in force in the account, for the other scripts. Touches p{a}:policy, stats; reads suppressed.
-- Its arguments are in arguments.py; after them name, value, name, value ...
-- is_early: whether the account may have no message yet; else it answers {'moved'} where the account is not here.
-- Answers {'written'}, or {'older'} where what is there was made from a newer state of the fleet's policies.

-- How many changes of the zone's distance from UTC are remembered: in the last days it has one or two.
local MOST_OFFSETS = 64

-- `offsets` as they are from now on: what was in force until now stays, so that what was counted on a day is found
-- there again. `given`: how far from UTC the zone is, and will be; empty where the caller does not know the zone.
local function agreed_offsets(given)
  local kept = redis.pcall('HGET', P .. 'stats', 'offsets')
  if type(kept) ~= 'string' then kept = '' end
  local joined, last, current = {}, nil, nil
  for from, offset in string.gmatch(given, '(%d+):(-?%d+)') do
    if tonumber(from) <= now then current = offset end
  end
  if not current then return kept end
  -- Where days were counted before anybody said in which zone.
  if kept == '' and is_here then kept = '0:' .. num(DAY_OFFSET_MS) end
  for from, offset in string.gmatch(kept, '(%d+):(-?%d+)') do
    if tonumber(from) <= now then joined[#joined + 1], last = from .. ':' .. offset, offset end
  end
  if last ~= current then joined[#joined + 1] = (last and now_text or '0') .. ':' .. current end
  while #joined > MOST_OFFSETS do table.remove(joined, 1) end
  for from, offset in string.gmatch(given, '(%d+):(-?%d+)') do
    if tonumber(from) > now then joined[#joined + 1] = from .. ':' .. offset end
  end
  local text = table.concat(joined, ' ')
  redis.pcall('HSET', P .. 'stats', 'offsets', text)
  return text
end

if not is_here and not is_early then return { 'moved' } end
-- What another program put there gives way, since all of it is written here.
local held = number_in(redis.pcall('HGET', P .. 'policy', 'epoch')) or 0
if held > epoch then return { 'older' } end
local fields = { 'epoch', num(epoch) }
for i = FIRST_REST, FIRST_REST + count - 1, 2 do
  local name, value = ARGV[i], ARGV[i + 1]
  fields[#fields + 1], fields[#fields + 2] = name, name == 'offsets' and agreed_offsets(value) or value
end
-- What takes go by beside the policies, kept where it is counted.
local n_all = number_in(redis.pcall('HGET', P .. 'suppressed', 'n:all'))
fields[#fields + 1], fields[#fields + 2] = 'suppresses_all', n_all and n_all > 0 and '1' or '0'
call('DEL', P .. 'policy')
call('HSET', P .. 'policy', unpack(fields))
return { 'written' }
