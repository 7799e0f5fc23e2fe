-- needs: _clock, arguments
-- Which process sweeps: one holds the lease, and its round is written down before anything is done.

local sweep_state = call('HMGET', P .. 'sweep', 'who', 'until', 'last', 'quiet', 'gap', 'back', 'before', 'unheard')

-- ms for which another process holds the lease; nil where none does. A lease longer than any that is given comes
-- from before the clock was set back. The process that is to sweep the account takes it from any other.
local LONGEST_LEASE_MS = math.max(SWEEP_LEASE_MS, IDLE_ROUND_MS * 1.5)

local function held_elsewhere()
  local left = (tonumber(sweep_state[2]) or 0) - now
  local by_another = sweep_state[1] and sweep_state[1] ~= process
  return by_another and sweep_state[1] ~= takes_from and left > 0 and left <= LONGEST_LEASE_MS and left or nil
end

-- Until when nothing is reclaimed, and when the last gap was.
local quiet, gap = tonumber(sweep_state[4]) or 0, tonumber(sweep_state[5]) or 0
-- The last sweep before it: until then at least, this server remembers.
local before_gap = tonumber(sweep_state[7] or nil) or 0

-- `next` is 0 until the end: what changes in this round is not a reason to nudge.
local function write_leader()
  call('HSET', P .. 'sweep', 'who', process, 'until', num(now + SWEEP_LEASE_MS), 'last', now_text, 'next', '0',
       'quiet', num(quiet), 'gap', num(gap), 'before', num(before_gap))
end

-- Sets when the next round is due, with a lease beyond it, and answers in how many ms that is.
local function write_next(next_wake, idle_ms)
  local wait_ms = next_wake and math.min(math.max(0, next_wake - now), LONGEST_ROUND_MS) or idle_ms
  call('HSET', P .. 'sweep', 'next', num(now + wait_ms), 'until', num(now + math.max(SWEEP_LEASE_MS, wait_ms * 1.5)))
  return wait_ms
end
