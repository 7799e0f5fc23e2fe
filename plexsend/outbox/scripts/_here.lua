-- needs: _clock
-- Whether the account's messages live on this server. Where `here` is missing, the server was emptied, is another
-- one, or has given the account away: nothing is written, and the caller hears so.

local is_here = call('EXISTS', P .. 'here') == 1
