-- needs: _clock
-- Runs of campaigns: the group `NAME~3` is the run, and its hash says what state it has and who may feed it.

local function run_key(group)
  return P .. 'run:' .. group
end

local function fates_key(group)
  return P .. 'fates:' .. group
end

-- Rows of a run whose message counts though a fallback went in its place: it was delivered after all, or a person had it
-- sent again. Lanes count the fallback; `firsts` says where counts of rows are to be put right (campaigns/reading/counting.py).
local function is_among(rows, key)
  local row = string.match(key, '%-(%d+)$') or string.match(key, '%-(%d+)' .. FALLBACK_MARK .. '$')
  return row and string.find(' ' .. (rows or '') .. ' ', ' ' .. row .. ' ', 1, true) and row or nil, row
end

-- Only a run has a number behind its name.
local function is_run(group)
  return group and string.find(group, '~%d+$') ~= nil
end

-- Whether it is too late to start what was planned for then.
local function is_missed(at, if_missed, within_min)
  local late = now - at
  return late > LATE_START_MS and (if_missed == 'skip' or late > (within_min or 0) * 60000)
end
