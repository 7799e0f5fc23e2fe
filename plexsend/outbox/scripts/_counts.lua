-- needs: _clock, _outcomes, _publishing, _stats, _stats_by_day, _ended
-- Counts of a lane, and the one hook through which every change of a message's state goes.
-- Both are gathered, and written once for each field at the end of a script, with what applications hear of it.

local counts, balances = {}, {}

local function add_to(t, key, n)
  t[key] = (t[key] or 0) + n
end

local function count(lane, field, n)
  counts[lane] = counts[lane] or {}
  add_to(counts[lane], field, n)
end

-- One or more messages (`n`; without it one) go from one state to another, whatever writes it: what follows from any
-- change of a state is here.
local function moved(lane, from, to, n)
  n = n or 1
  local balance = balances[lane]
  if not balance then
    balance = {}
    balances[lane] = balance
  end
  balance[from] = (balance[from] or 0) - n
  balance[to] = (balance[to] or 0) + n
  -- Its record is taken away for good: only the count of the state that it had stays.
  if to == NOWHERE then count(lane, 'a:' .. from, n) end
  -- How often messages came into a state only grows: those that are in it, that aged out, and that left it again.
  if to ~= NOWHERE and from ~= NOWHERE and not LIVING(from) then count(lane, 'x:' .. from, n) end
end

-- Whether counts, as HGETALL answers them, name a message that has a record still.
local function any_left(fields)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 2) == 's:' and fields[i + 1] ~= '0' then return true end
  end
  return false
end

-- Counts that another program put something else in place of are begun anew, and audit names what was put aside. One
-- that is not a number stays as it is, and audit reports it. Neither may undo what was written.
local function write_counts()
  for lane, balance in pairs(balances) do
    for state, n in pairs(balance) do
      if state ~= NOWHERE then count(lane, 's:' .. state, n) end
    end
  end
  for lane, fields in pairs(counts) do
    local key = lane_key(lane, 'counts')
    for field, n in pairs(fields) do
      local sum = n ~= 0 and redis.pcall('HINCRBY', key, field, num(n))
      if type(sum) == 'table' and string.find(sum.err, 'WRONGTYPE', 1, true) then
        call('RENAME', key, P .. 'spoilt:' .. lane .. ':counts')
        sum = call('HINCRBY', key, field, num(n))
      end
      -- A gateway that makes up a code for each answer would let the counts grow without end.
      if sum == n and string.sub(field, 1, 2) == 'c:' and call('HLEN', key) > MOST_COUNTS
         and type(redis.pcall('HINCRBY', key, 'c:*', num(n))) == 'number' then
        call('HDEL', key, field)
      end
    end
  end
  counts, balances = {}, {}
  if by_day then write_by_day() end
  if outcomes then write_outcomes() end
end
