"""The keys that the outbox keeps in Redis, and what each holds.

`p` is the key prefix (`plexsend:` unless set), `{a}` the account in braces: all keys of an account share
one hash tag, so a script touches one slot and accounts can be split over servers.

key                  type    content
-------------------  ------  ---------------------------------------------------------------------------------
p lanes              set     names of all routes, added before the first submit to them
p format             string  number of the form of keys and records; missing: 1, the form of 0.2.0
p older              hash    until the newest form is in force: seen (ms when a program that does not know it
                             was seen last), watched (ms of the last look)
p accounts           set     names of all accounts, each added before its first submit
p held               set     accounts that a person held, whether they have a lane yet or not
p pauses             hash    service → hold (JSON) of services paused for every account, also later ones
p policy             hash    `<where> <name>` → JSON {value, by, reason, at} that a person set; `asked
                             <service> <name>` → the strictest value that processes asked for last; epoch:
                             goes up with each change
p policy:history     list    what persons changed (JSON), oldest first, at most 1,000
p alive              hash    process → `<ms last seen> <busy threads> <revision of its announcement>`
p fleet              hash    process → what it announces (JSON): host, pid, version, form, since_ms, services,
                             threads, asks, secrets (fingerprints), urls, number_key (fingerprint), hashes_by,
                             certificates (product → when it ends, in seconds), feeds (campaigns),
                             folder (what tells that of campaigns from others)
p salt               string  random key of the fingerprints
p walk               hash    who walks over all lanes and messages, until (ms at which another may), at (ms at
                             which the next walk begins), from (how far it is)
p nudge              channel a process announced something new; carries nothing
p events             list    events (JSON) that wait to be posted to a chat, at most 200
p told               hash    `noted <subject>` → what is the matter, as of the last look (JSON);
                             `posted <subject>` → ms of the last post about it, and the state that was posted
p notifier           string  the process that looks and posts; expires
p doors              hash    process that takes receipts or serves metrics → JSON: host, pid, version, parts,
                             port, accounts (whose secret it has), since_ms, seen_ms; renewed every 2 s
p strays             list    receipts whose key no message has (JSON: at, account, key, code), at most 1,000
p receipts:unread    hash    why posts were refused or could not be read → how many
p unread             list    the newest 100 that could not be read (JSON: at, account, why, words)
p metrics            hash    what processes counted: `requests <service> <outcome>`, `<duration> <bound>` and
                             `<duration> sum_us`, see outbox/metrics.py; `flushed <process>` → `<sequence>
                             <ms>` of what it wrote down last
p campaigns          set     accounts with a campaign, where ticks look
p beat               hash    host → ms when a beat there rang for campaigns last; forgotten after a day
p{a}:policy          hash    what is in force, copied from there for the scripts: `<name>:<service>` or
                             `<name>` → value; epoch: that of the state it was copied from; midnights,
                             offsets, open_hours (`<from ms>-<to ms>` of each span of the next days in which
                             advertisements go)
p{a}:here            string  ms of the account's first submit here. Every script asks for it first, and writes
                             nothing where it is missing
p{a}:lanes           hash    lane → number, `#<number>` → lane, `next` → number given last, never used again;
                             written by submit with the lane's first message
p{a}:routes          set     routes of the lanes in the index
p{a}:b:<msg_key>     string  body: the item exactly as it goes on the wire; gone once the message has ended,
                             kept for dead letters
p{a}:f:<msg_key>     string  the fallback of this message, while it is neither made nor dropped: what tells it
                             from others, ms after which it is made without a receipt, lane, stamp, digest,
                             receiver (bytes in hex, blanks between), a line end, and the item as it goes on
                             the wire, under the key `<msg_key>~f`
p{a}:overdue         zset    msg_key → ms at which its fallback is due without a receipt, or decided once more
p{a}:cancelled       hash    group that a cancel closed and a person opened again → ms of that: what was
                             submitted before has no fallback any more. Forgotten with its last lane
p{a}:m:<msg_key>     hash    record, see below; values stay under 64 bytes so that the hash stays compact
p{a}:h:<msg_key>     list    history, at most 50 entries `ms|event|code|detail`, only for messages that left
                             the straight way
p{a}:<lane>:later    zset    msg_key → ms at which it is due                       (state scheduled)
p{a}:<lane>:ready    zset    msg_key → position                                    (state waiting)
p{a}:<lane>:sending  zset    msg_key → ms at which it counts as abandoned          (state sending)
p{a}:<lane>:uncertain zset   msg_key → ms at which it was parked                   (state uncertain)
p{a}:<lane>:dead     zset    msg_key → ms at which it ended                        (state rejected, failed)
p{a}:<route>:drains  zset    running drains, and `bell:<id>` for outstanding doorbells → ms when each lapses;
                             behind the name `/<branch>` where it works for a lane that is not a route
p{a}:<route>:takes   hash    running drain → its last take: `<sequence> <ms> <number> <ok before it> <probe>
                             <numbers of other lanes that it was filled from>`
p{a}:<lane>:counts   hash    submitted; s:<state> living and ended; a:<state> archived; x:<state> left it
                             again otherwise; c:<code> answers; retries, reclaims, late; fallbacks (made for
                             messages of the lane), b:<state> (those messages by the state that they have),
                             both (of them, delivered after all; one whose fallback was called back is in
                             none of these), reached (fallbacks of it that were
                             delivered), suppressed (cancelled since they must not go); a route's also
                             batches, fill (requests made, messages in them), takes (number of the last take),
                             ok (highest take of which a message was accepted), went (messages taken, without
                             those that came back unsent), forgotten (those of takes that Redis forgot), and
                             what its lanes with a group counted that have ended
p{a}:ended           list    `<ms>:<msg_key>` in the order of ending, for retention
p{a}:<lane>:ended    list    the same for records of form 1
p{a}:<service>:rate  string  GCRA theoretical arrival time in µs
p{a}:<service>:line  zset    ungrouped lanes that want permits → tag: what each has had, in messages
p{a}:<service>:line:groups zset the same of the lanes of groups, a class of their own
p{a}:<service>:fair  hash    lane → `<tag> <need> <ms at which its place lapses> <drain that waits there>`;
                             `*` → what each class has had, and where classes and lanes are now
p{a}:<service>:day   string  `<ms when it ends> <messages taken in it> <ms of its first>`, with a daily limit
p{a}:holds           hash    `<scope> <reason> <what>` → JSON: since, until (ms; 0: until a person), step (ms;
                             for `size` the batch size), by, why, probe (token of the take that tries)
p{a}:closed          hash    group that a cancel closed → JSON: since (ms), by, why, asked (ms when a message
                             was refused last, noted once an hour); submit refuses it. Forgotten once the
                             group has no lane, and no message was refused for as long as records are kept
p{a}:kinds           hash    group with a lane → what it holds: ads (advertisements), or other; never both.
                             Forgotten with its last lane
p{a}:suppressed      hash    key (tells the key of the hashes), n:<kind> (entries), `scope:<n>`, `origin:<n>`
                             → words, `scope#<words>`, `origin#<words>` → n, scopes, origins (numbers given)
p{a}:suppressed:<n>  hash    numbers that must not be written to, by bucket: rest of the keyed hash (6 bytes)
                             → entries of 7 bytes, see scripts/_suppressed.lua
p{a}:suppressing     list    what persons changed in suppressions (JSON: run, at, act, count, origin, kind,
                             scope), the newest first, at most 1,000; no numbers
p{a}:unanswered      hash    day since 1970 (UTC) → refusals of it whose person has not heard that they count
p{a}:advertised:<n>  hash    with the policy ad_gap_days, by bucket: rest of the keyed hash → day and mark of
                             the number's last advertisement (4 bytes); expires behind the days
p{a}:receipts        hash    first, last (ms at which one for a message of the account came); how many became
                             settled, kept, noted, repeated, stranger; and how many said delivered, temporary
                             and so on (the classes of their codes)
p{a}:forgotten       hash    where Redis went back in time and a person is to decide: from, to (ms),
                             messages, `<route>` → messages that went in it; all (1: how many is not known),
                             `under way <route>` → ms when those under way were counted; `left <lane>` → how
                             far a decision is; sent (1: a person said so of a lane); decided (ms of the last
                             one), decided_all; unheard (ms until which receipts are forgotten: no fallback
                             goes for want of one); takes_until (ms: of what was submitted before, takes may
                             be forgotten)
p{a}:results         stream  what applications hear of, kept for the policy results_keep_days. One entry for
                             messages that came together into a state that ends them or parks them: s state,
                             l lane, c code, k keys, m `carrier|ms` of each receipt, empty without one
p{a}:stats:<day>     hash    what is counted by day, YYYYMMDD in the policy time_zone: `<lane>|submitted` on
                             that of the submit, `<lane>|<state>|<code>|<carrier>` on that on which messages
                             of this final state ended first → n; of these, `joined<state>` in place of the
                             state: those whose outcome counts by the other message of their chain, and
                             `reached`: fallbacks that were delivered. Beyond 1,000 fields with `*` for group,
                             code and carrier
p{a}:stats           hash    since (ms from which days are counted), first (of the days kept the oldest, in
                             days since 1970), offsets (`<from ms>:<ms ahead of UTC>` of each change of the
                             zone), `b:submitted` and `b:<state>` (what lanes counted and no day holds),
                             asked (ms)
p{a}:readers         set     names of those who hear it
p{a}:readers:<name>  hash    a reader: at (how far it is), began, used, edge, `span:<id>` → what is out,
                             `missed:<id>` → what it never got, side, reached; see scripts/_reader.lua
p{a}:replay:<name>   stream  what a replay rebuilt for it from the records, until that was given; as results
p{a}:eased           hash    hold's field → ms at which it last ended: answers to older requests start none
p{a}:wake            zset    lane without a group with a message that has a next event → ms of that event
p{a}:<route>:wake    zset    the same of the route's lanes with a group, without those that a person paused
p{a}:<route>:wake:held zset  those that a hold of account, service or route keeps → ms when put there
p{a}:wake:routes     set     routes with a lane in one of these two
p{a}:procs           zset    processes of an older program: `<process>|<pool size>|<services>` → ms last seen;
                             a text in form 2, so that the housekeeping of such a program fails and says so
p{a}:import:<name>   hash    what stays of imports under a name (16 hex digits of it): first, last, until
                             (ms; it expires then), runs, rows (added), by (what tells its rows apart), salt,
                             sample (key of a message), `open <file>` → run that was not ended, `r<bucket>` →
                             marks of 8 bytes: 6 of a receiver's hash, 2 with the run that noted it; pending:
                             `<ms> <run> `, then the rows noted last: length of the key, hash, key
p{a}:campaigns       hash    campaign → JSON: id, label, by, created (ms) and, where it runs by itself, cron,
                             time_zone, definition, if_missed, missed_within_min, missed (the latest planned
                             time that was skipped); `#<campaign>` → number of its last run, never used again
p{a}:due             zset    scheduled run (`NAME~3`), or campaign with a cron (`NAME`) → ms planned
p{a}:runs            zset    all runs of campaigns → ms when each was made
p{a}:live            set     runs that ticks look at: those that run, are paused, or are to be prepared, and
                             those that were cancelled and of which something may wait
p{a}:windows         hash    run → `<from ms>-<to ms>` of each span in which it may send; `-`: none yet
p{a}:run:<group>     hash    a run, the group `NAME~3`: see below
p{a}:fates:<group>   string  one byte for each row of a run: see runs/fates.py
p{a}:pictures        hash    `p:<picture>` → `<ms when the gateway deletes it> <JSON>`: url, size_bytes,
                             width, height, changes; `u:<16 hex digits of an address>` → `<ms> <picture>`;
                             `w:<picture>` → `<ms when it lapses> <who uploads it>`; from (where the look for
                             what is over goes on). A picture is `<product>:<hash of its content>`, with
                             `-fit` behind it what that was converted to. The hash expires 30 days after the
                             last picture was deleted
p{a}:urls            hash    product → the gateway's address of the first worker; the policy
                             gateway_url.<product> wins over it
p{a}:refused         hash    fingerprint of a secret that the gateway refused → ms
p{a}:sweep           hash    who sweeps, until, last sweep, next sweep (0 while one runs), quiet (nothing is
                             reclaimed before), gap (ms of the last gap), before (the last sweep before
                             it), back (what is left to cut after a clock set back), `turn <route>` (where
                             lanes that wait are looked at next); unheard (when receipts that did not
                             come are looked for next), waits (ms for which records are kept for theirs),
                             `unheard <ms> <list>` → `<place> <services> <key before it>`, `trimmed <list>` →
                             entries taken off it so far; walk, place: of an older program
p{a}:nudge           channel a lane became due before the next sweep; carries nothing
p{a}:spoilt:<key>    any     what another program had put in place of that key, put aside by the script that
                             met it, so that the key could be made anew; `p spoilt:<key>` of the fleet's

field of a run       content
-------------------  ---------------------------------------------------------------------------------
id state             its own id (keys of its messages: `<id>-<row>`), and what state it has
definition label     what is sent and how (JSON), and its name for people
created by           ms, and who made it
starts started ended when it is to start, when it first did, when it ended; ms
expires rate         ms after which nothing of it is sent; messages a second at most, 0 for any
rows invalid         rows of its recipients; those of them that were invalid, and those that are not written
left_out             to for another reason
columns `c:<n>`      the recipients' columns (JSON); chunk → `<digest> <first row> <rows>`
marks                what names the file that says which rows are left out
fed skipped bytes    the next row to be fed; rows before it that were passed over; bytes of bodies added
lease holder until   number of the last lease (it only rises), who has it, ms until when
tat paced            GCRA theoretical arrival time of its rate in µs, for feeding; ms until which what was
                     sent of it is paid for by the rate, for sending
why by_whom since    of a pause, a cancel, or a start that was missed
resumes              the state to which a resume leads
if_missed            what becomes of a start that was missed: start (late) or skip
missed_within_min    for how long it is started late
prepares             not empty: a draft by cron whose recipients are to be read and checked
test plan watch      ms of the last test; the plan (JSON); what the failure watch remembers
source               `NAME~2 failed`: of which rows of another run it is
firsts               rows whose message counts though its fallback went: it was delivered after all, or a
                     person had it sent again. Where a record of them is gone, `n:b:` has what that changes
kept_out             once its fates are deleted: rows that were invalid when they were to be fed, and rows
                     that Redis forgot
dropped              ms when its chunks, columns and fates were deleted
n:<count>            what its lanes counted that have ended, by the names of their counts

field of a record    content
-------------------  ---------------------------------------------------------------------------------
s l d v              state, lane (its number; in form 1 its name), digest of what it says (16 bytes) and
                     behind it, where that shows uploaded pictures, of its body (16), stamp (of a first
                     version its fingerprint alone)
p                    position: µs at which the message first became ready, plus its place in the submit
t                    ms of the submit, where the message did not become ready with it
u                    ms until which it may be sent again, once a request with it was not answered
k                    token of the take it is or was last in: `<drain>.<sequence>`
j                    token of an earlier take of which a late verdict came last
n y x                attempts spent; uncertain tries; takes that ended without a verdict
g o                  ms of the first uncertain try; number of the lane's last take at the last failure
f                    flags, one letter each: m may have been sent, a goes alone, c cancel wanted,
                     l accepted by a late verdict while it was being sent again, r its receipt came then,
                     e put back into `ended`, from which it had gone, t its fallback is made also where no
                     receipt comes in time
a                    of a message with a fallback: 16 bytes that tell it from another fallback
b                    of a message with a fallback: `kept`, `kept <ms>` (made also where no receipt came so
                     long after the acceptance), `made`; none where it was dropped. Of a fallback: `back`
                     where it was called back
h                    the event of that receipt, until the request is settled
w                    of the receipt: `<code>|<carrier>|<ms when it was delivered>|<ms when it came>`
r                    ms in the id of its last entry in `results`, where that is not the time of its end, of
                     its receipt, or of its parking
i                    of the receiver's number: keyed hash (8 bytes), where a key for it is set, and behind it
                     the last four digits (2 bytes)
c e q z              code of the last answer; ms of the end; send_at ms; expires_at ms
"""
