-- needs: _clock, arguments;
-- put: one command that writes a key, with memory full too. Of the whole fleet: KEYS[1] is the prefix.
--
-- Its arguments are in arguments.py; after them the values. Answers what the command does.

return { call(command, P .. key, unpack(ARGV, FIRST_REST)) }
