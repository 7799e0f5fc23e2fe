-- needs: _clock, arguments
-- Who changed what, for those who ask later: `suppressing`, JSON entries, the newest first. A run of many calls has one
-- entry, which counts all of them; numbers and their hashes are in none.

-- Entries among which that of the run is looked for: others may have begun meanwhile.
local LOOKED_AT = 16

local function write_log(count)
  if run == '' or count == 0 then return end
  local key = P .. 'suppressing'
  for at, text in ipairs(call('LRANGE', key, 0, LOOKED_AT - 1)) do
    local is_read, entry = pcall(cjson.decode, text)
    if is_read and type(entry) == 'table' and entry.run == run then
      entry.count = entry.count + count
      call('LSET', key, at - 1, cjson.encode(entry))
      return
    end
  end
  call('LPUSH', key, cjson.encode({ run = run, at = now, act = act, count = count, origin = origin, kind = kind,
                                    scope = all_scopes and 'all' or scope }))
  call('LTRIM', key, 0, MOST_SUPPRESSION_LOG - 1)
end
