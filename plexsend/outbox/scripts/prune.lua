-- needs: _clock, _here, arguments; _counts, _record, _lanes, _ending, _receipt_wait, sweep/retention
-- prune: takes away records that ended before a time that a person names, as a sweep does with those that are older
-- than the policy says. Touches p{a}:ended (or the lane's, where one is named) and m: b: h: of what it takes away,
-- counts of their lanes, and the lanes with a group that end with it; sweep. At most MOST_TIDIED entries are looked at
-- in a call. What was accepted and may still have its receipt stays: those are passed over.
-- Answers {'more' or 'end', records taken away, the place to go on from}: as many entries as were ever taken off the
-- list, and those that stay in front of it.

if not is_here then return { 'moved' } end

local first, now_waits = first_receipt(), {}

-- Whether its receipt may come yet.
local function waits_for_receipt(at, key)
  if not first then return false end
  local found = read_record(key, 's', 'l')
  local its_lane = found[1] == 'accepted' and lane_named(found[2])
  if not its_lane then return false end
  local service = service_of(its_lane)
  now_waits[service] = now_waits[service] or receipt_wait_ms(service)
  return at > now - now_waits[service]
end

keep_ms = older_ms
local list = lane == '' and P .. 'ended' or lane_key(lane, 'ended')
local first_place = math.max(0, place - trimmed_off(list))
local entries = call('LRANGE', list, num(first_place), num(first_place + MOST_TIDIED - 1))
local looked, stay, taken = 0, 0, 0
for _, entry in ipairs(entries) do
  local at, key = string.match(entry, '^(%d+):(.*)$')
  if at and tonumber(at) <= now and is_kept(tonumber(at)) or thinned_count >= MOST_ENDED then break end
  looked = looked + 1
  if at and (tonumber(at) > now or waits_for_receipt(tonumber(at), key)) then
    stay = stay + 1
  elseif at then
    local is_done, is_gone, is_awaited = pcall(archive, at, key)
    if not is_done or is_awaited then stay = stay + 1 end
    if is_done and is_gone then taken = taken + 1 end
  end
end
-- Entries of what is gone say nothing any more. Those in front can go, the others until retention comes to them.
local passed = first_place + looked
if first_place == 0 and stay == 0 then
  trim(list, looked)
  passed = 0
end
write_counts()
for thin in pairs(thinned) do pcall(end_if_over, thin) end
local has_more = looked == MOST_TIDIED or looked < #entries and thinned_count >= MOST_ENDED
return { has_more and 'more' or 'end', num(taken), num(passed + trimmed_off(list)) }
