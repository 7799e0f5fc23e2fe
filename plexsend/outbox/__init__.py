"""Messages in Redis: keys, records, lanes, holds, rates, and the scripts that move them."""
