-- needs: _clock, _here, _lanes, _spoilt, arguments; _counts, _record, _wake, _holds, _gate, _policy, _ending, _closings,
-- needs: _cancel, _outlook, _receipt, _left_receipt, sweep/retention, healing, _fallback, heal/records
-- when used: _hex, _fates, _fallback_due, _fallback_after, _fallback
-- heal: looks over what the caller names, because it walks over all of the account from time to time. Touches p{a}:
-- lanes, routes, closed, holds, wake, wake:routes, ended; of the lanes named: all; of the messages named: the set in
-- which each belongs. It needs no lease: what was put right is right for the next call.
--
-- act, and what follows the arguments:
--   lanes: names of lanes and closed groups. Answers {'healed', spoilt names, names of lanes of the account, keys that
--          were put aside, see _spoilt}
--   records: keys of messages. Answers {'healed', keys that could not be looked at, keys that were put back, the same}

if not is_here then return { 'moved' } end

local spoilt, found, put_aside = {}, {}, {}

local function put_spoilt_aside(scope, lane)
  local _, aside = find_spoilt(scope, lane and { [lane] = true } or {})
  for _, key in ipairs(aside) do put_aside[#put_aside + 1] = key end
end

-- Answers whether nothing is spoilt, and whether the name is to be answered.
local function look_at(name)
  if act == 'records' then return true, put_back(name) end
  return look_over_named(name)
end

-- Keys of the lane that hold something else, where the name is about one.
local function make_anew(name)
  local lane = act == 'records' and lane_named(read_record(name, 'l')[1]) or name
  if string.find(lane, '@', 1, true) then put_spoilt_aside('', lane) end
end

if act == 'lanes' then put_spoilt_aside(ACCOUNT_KEYS, nil) end
for i = FIRST_REST, #ARGV do
  local name = ARGV[i]
  if act == 'lanes' then pcall(make_anew, name) end
  local is_done, is_whole, is_found = pcall(look_at, name)
  if not is_done and act == 'records' then
    pcall(make_anew, name)
    is_done, is_whole, is_found = pcall(look_at, name)
  end
  if not (is_done and is_whole) then spoilt[#spoilt + 1] = name end
  if is_done and is_found then found[#found + 1] = name end
end
write_counts()
-- A record that was taken away may have been the last of its lane.
for lane in pairs(thinned) do pcall(end_if_over, lane) end
return { 'healed', spoilt, found, put_aside }
