-- needs: _record, _counts, _policy, arguments, advance/names, advance/return, advance/late
-- Writes the verdicts of one batch into its records.

-- Whether any verdict of this call accepts, also one that a repeated call brings again.
local accepted_any = false
-- Verdicts settled now; what a repeated call brings again is not counted again.
local fresh = 0
-- Those of them that came back without having been sent.
local unsent = 0

local function settle_own(key, record, verdict)
  local flags, outcome, code, detail = record.f, verdict.outcome, verdict.code, verdict.detail
  if outcome == 'accepted' then
    accept(key, 'sending', code)
    -- Accepted after trouble: the history shows how it ended.
    if has(flags, MAY_HAVE_BEEN_SENT) then note(key, 'accept', code, detail) end
    return
  end
  if has(flags, ACCEPTED_LATE) then
    note(key, 'accept', code, 'an earlier request was answered late: accepted')
    accept(key, 'sending', 'C100')
    return
  end
  if outcome == 'failed' and (has(flags, MAY_HAVE_BEEN_SENT) or mode == 'settle') then
    come_back(key, with(flags, MAY_HAVE_BEEN_SENT), 'park', 0, code, detail)
    return
  end
  if outcome == 'rejected' or outcome == 'failed' then
    note(key, outcome == 'rejected' and 'reject' or 'fail', code, detail)
    move(lane, key, 'sending', outcome == 'rejected' and 'reject' or 'fail', 0, { 'c', code })
    return
  end
  if outcome == 'back' then unsent = unsent + 1 end
  if verdict.alone then flags = with(flags, ALONE) end
  if outcome == 'retry' or outcome == 'park' then
    flags = with(flags, MAY_HAVE_BEEN_SENT)
    local m = record_of .. key
    bump(m, 'y')
    note_window(m, verdict)
    call('HSET', m, 'o', call('HGET', lane_key(lane, 'counts'), 'takes') or '0')
    if verdict.spent then bump(m, 'n') end
    if mode == 'settle' then
      bump(m, 'x')
      count(lane, 'reclaims', 1)
    end
    count(lane, 'retries', outcome == 'retry' and 1 or 0)
  end
  come_back(key, flags, outcome, verdict.delay_ms, code, detail)
end

-- The straight way: accepted by its own take, and nothing ever went wrong. All that these messages write is
-- written together: a call with ten keys costs little more than a call with one.
local straight, bodies, ended = {}, {}, {}
local accepted_state = target('accept', 'sending')

local function accept_straight(key, code)
  call('HSET', record_of .. key, 's', accepted_state, 'c', code, 'e', now_text, 'k', '', 'v', '')
  moved(lane, key, 'sending', accepted_state)
  straight[#straight + 1] = key
  bodies[#bodies + 1] = body_of .. key
  ended[#ended + 1] = now_text .. ':' .. key
end

local function write_straight()
  if #straight == 0 then return end
  call('ZREM', sending, unpack(straight))
  call('DEL', unpack(bodies))
  call('RPUSH', lane_key(lane, 'ended'), unpack(ended))
end

-- `verdict`: what one or more messages share. Where the record is not the take's any more, and was not settled
-- by this very call before (whose reply was lost), the verdict is late.
local function settle_one(key, verdict)
  local found = read_record(key, 's', 'k', 'f')
  local record = { s = found[1], k = found[2], f = found[3] or '' }
  local accepted = verdict.outcome == 'accepted'
  if accepted then accepted_any = true end
  local repeated = record.s and (record.s ~= 'sending' and record.k == verdict.token
                                 or record.s == 'accepted' and accepted)
  if repeated then return end
  fresh = fresh + 1
  if not record.s then
    -- The record is gone (dropped, or lost with Redis): there is nothing left to settle.
    count(lane, 'late', 1)
  elseif record.k ~= verdict.token then
    settle_late(key, record, verdict)
  elseif accepted and record.f == '' then
    accept_straight(key, verdict.code)
  else
    settle_own(key, record, verdict)
  end
end

-- Whoever judged may have known an older policy than the one in force.
local function park_instead(verdict)
  verdict.outcome, verdict.delay_ms, verdict.alone = 'park', 0, false
  verdict.detail = verdict.detail .. '; parked, as the policy on_uncertain asks'
end

-- Each verdict is followed by the keys that share it.
local function settle(first)
  local at = first
  while at <= #ARGV do
    local verdict = read_verdict(at)
    local first_key = at + VERDICT_LENGTH
    at = first_key + verdict.keys
    if verdict.outcome == 'retry' and parks(service) then park_instead(verdict) end
    local settled_before = fresh
    for i = first_key, at - 1 do settle_one(ARGV[i], verdict) end
    if verdict.code ~= '' then count(lane, 'c:' .. verdict.code, fresh - settled_before) end
  end
  write_straight()
end
