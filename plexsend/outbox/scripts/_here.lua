-- needs: _clock
-- Whether the account's messages live on this server. Where `here` is missing, the server was emptied, is another
-- one, or has given the account away: nothing is written, and the caller hears so.

-- A key counts as often as it is named: so one call says of two keys which of them is there.
local keys_there = call('EXISTS', P .. 'here', P .. 'here', P .. 'refused')
local is_here = keys_there >= 2
-- Whether the gateway refused any secret of the account.
local any_refused = keys_there % 2 == 1
