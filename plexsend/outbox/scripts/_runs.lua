-- needs: _clock
-- Runs of campaigns: the group `NAME~3` is the run, and its hash says what state it has and who may feed it.

local function run_key(group)
  return P .. 'run:' .. group
end

local function fates_key(group)
  return P .. 'fates:' .. group
end

-- Only a run has a number behind its name.
local function is_run(group)
  return group and string.find(group, '~%d+$') ~= nil
end
