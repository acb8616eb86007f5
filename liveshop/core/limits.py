"""Every limit of the engine in one place, its unit last in the name."""

from typing import Final

# Text and identifiers
ID_CHARS_MAX: Final = 64
TITLE_CHARS_MAX: Final = 200
PRODUCT_TITLE_CHARS_MAX: Final = 255
DESCRIPTION_CHARS_MAX: Final = 20_000
LABEL_CHARS_MAX: Final = 255
URL_CHARS_MAX: Final = 2_000
CHAT_CHARS_MAX: Final = 200
BLOCKED_WORD_CHARS_MAX: Final = 40
SEARCH_CHARS_MAX: Final = 100
NAME_CHARS_MAX: Final = 64
CODE_CHARS_MAX: Final = 24
ORIGIN_CHARS_MAX: Final = 300  # of a scheme, the longest name of a host, and a port
MARKS_PILED_MAX: Final = 4  # on one letter: Hebrew's cantillation and Tibetan have so many
CHARACTERS_KNOWN_MAX: Final = 10_000  # in a table that works out each once
TOKEN_CHARS_MAX: Final = 3_000
CLAIM_CHARS_MAX: Final = 500
TOKEN_ID_CHARS_MAX: Final = 255
KEY_NAME_CHARS_MAX: Final = 100
IDEMPOTENCY_KEY_CHARS_MAX: Final = 255
IDEMPOTENCY_MS: Final = 86_400_000  # for how long the answer to a request is kept
FONT_CHARS_MAX: Final = 100

# Numbers of the protocol
REF_MAX: Final = 2**53 - 1
OFFSET_MAX: Final = 2**31 - 1
PRICE_MINOR_MAX: Final = 10**12
# The most that an order of many lines may come to; a sum of a million of them fits a column.
AMOUNT_MINOR_MAX: Final = REF_MAX
UNITS_MAX: Final = 1_000_000
QUANTITY_MAX: Final = 100
MEMO_BYTES_MAX: Final = 512  # of a feature's JSON with a reservation
LIMIT_UNITS_MAX: Final = 1_000
# For how long after a limit was changed something may have been reserved by the one before.
LIMIT_LAG_MS: Final = 5_000
LIMIT_UNITS_DEFAULT: Final = 10
LIKES_PER_MESSAGE_MAX: Final = 20
# Messages of an address in a session on a node, a second and in a burst: an office may tap.
TAPS_OF_ADDRESS_RATE: Final = (100, 400)
ADDRESSES_NOTED_MAX: Final = 10_000
INSTANT_MS_MAX: Final = 253_402_300_799_999  # the end of the year 9999

# Durations
SALE_MS_MIN: Final = 5_000
SALE_MS_MAX: Final = 86_400_000
SALE_STARTS_IN_MS_MAX: Final = 86_400_000
HOLD_MS_MIN: Final = 1_000
HOLD_MS_MAX: Final = 86_400_000
HOLD_MS_DEFAULT: Final = 300_000
MUTE_MS_MAX: Final = 86_400_000
BAN_MS_MAX: Final = 365 * 86_400_000
CHAT_SLOW_MS_MAX: Final = 3_600_000
RESOLVED_KEPT_MS: Final = 86_400_000
SETTLED_KEPT_MS: Final = 30 * 86_400_000  # in Redis, what late viewers see
HELLO_MS_MAX: Final = 10_000
PING_MS_DEFAULT: Final = 25_000
PONG_GRACE_MS: Final = 10_000
SLOW_VIEWER_MS_MAX: Final = 2_000
SLOW_VIEWER_ABORT_MS: Final = 1_000
CLOSE_MS_MAX: Final = 5_000
RETRY_AFTER_MS_MIN: Final = 500
RETRY_AFTER_MS_MAX: Final = 5_000
TURN_MS_MAX: Final = 60_000
TURN_VALID_MS: Final = 60_000
KEY_KNOWN_MS: Final = 1_000
MISSING_KNOWN_MS: Final = 1_000  # that a session is not there
ACTIVITY_ADDRESS_KEPT_MS: Final = 90 * 86_400_000
ACTIVITY_FORGET_MS: Final = 600_000  # between two looks for addresses that are too old
ACTIVITY_LAST_MS_MAX: Final = 2_000  # for what waits when a node stops
KEY_USE_MS: Final = 60_000  # between two notes of a key's last use
DRAIN_WAVE_MS: Final = 250
DISMISS_MS_MAX: Final = 500
HEAD_MS_MAX: Final = 10_000
SILENT_MS_MIN: Final = 1_000  # for a connection to rest of which nothing has come yet
RESERVE_HEAD_MS_MAX: Final = 2_000  # where there are too many connections
PART_WAIT_MS_MIN: Final = 250  # for the next part of a request that drips, doubled each time
PART_WAIT_MS_MAX: Final = 2_000
REFUSAL_WAIT_MS: Final = 1_000  # of an address that was refused too often
KEEP_ALIVE_MS_DEFAULT: Final = 75_000  # load balancers reuse a connection for 60 s at most
HSTS_MAX_AGE_S_DEFAULT: Final = 31_536_000  # a year
UNREAD_MS_MAX: Final = 30_000
REQUEST_MS_MAX: Final = 1_800_000  # an import of a large catalogue, over a slow line
PULSE_MS: Final = 500
GAUGES_SPARING_MS: Final = 2_000  # between gauges while purchases are refused for the load
CHAT_FLUSH_MS: Final = 100
EVENT_FLUSH_MS: Final = 10
SLICE_MS: Final = 2
CLOCK_JUMP_ALARM_MS: Final = 5_000
FENCED_MS_MAX: Final = 500
PAYMENT_UNRESOLVED_MS_MAX: Final = 5_000
ROOM_IDLE_MS_MAX: Final = 60_000
ACCESS_LOOK_MS: Final = 500  # between looks for bans and revocations that the bus has lost
ACCESS_ENDED_KEPT_MS: Final = 86_400_000  # in PostgreSQL, for nodes that have not heard of the end
ROOM_QUIET_MS_MIN: Final = 2_000  # before it makes way for another: its asker is on the way
SAMPLE_MS: Final = 10_000
PRICE_HISTORY_MS: Final = 30 * 86_400_000
PRICE_SESSIONS_MAX: Final = 1_000
ROOM_OPENING_MS_MAX: Final = 1_000
BODY_MS_MAX: Final = 20_000
BODY_SILENCE_MS_MAX: Final = 10_000
BODY_BYTES_PER_S_MIN: Final = 4_096  # of a body that takes longer than BODY_MS_MAX
ANSWER_MS_MAX: Final = 30_000  # more than all attempts of a call of Redis take
REDIS_CALL_MS_MAX: Final = 2_000
UNKNOWN_MS_MAX: Final = 10_000
REDIS_CONNECT_MS_MAX: Final = 2_000
REDIS_RECONNECT_MS_MIN: Final = 50
REDIS_RECONNECT_MS_MAX: Final = 500
SENTINEL_MS_MAX: Final = 500
SENTINELS_LOOK_MS: Final = 2_000
CLUSTER_LOOK_MS: Final = 500
BUS_PING_MS: Final = 500
BUS_SILENCE_MS_MAX: Final = 2_000
NODE_SILENCE_MS_MAX: Final = 3_000
# Of one session on a node: each waits for the session's row, and other sessions need the pool.
SESSION_TRANSACTIONS_AT_ONCE_MAX: Final = 3
POSTGRES_CALL_MS_MAX: Final = 10_000
POSTGRES_CONNECT_MS_MAX: Final = 3_000
POSTGRES_SILENCE_MS_MAX: Final = 3_000

# Collections
PINS_MAX: Final = 3
CHAT_PINS_MAX: Final = 3
CHAT_TAIL_MESSAGES: Final = 50
CHAT_PER_SECOND_DEFAULT: Final = 20
CHAT_PER_SECOND_MAX: Final = CHAT_TAIL_MESSAGES  # a pulse repairs what the tail still has
BLOCKED_WORDS_MAX: Final = 200
BANS_PER_PLACE_MAX: Final = 10_000  # in force, of a session, and of a shop
ACCESS_PAGE_MAX: Final = 1_000  # bans or revocations that a node reads at once
BANS_SHOWN_MAX: Final = 200  # to a moderator who joins
REVOCATIONS_MAX: Final = 100_000
REVOCATIONS_PER_PLACE_MAX: Final = 10_000  # by those whose tokens are for one session or shop
SESSION_SHOPS_KNOWN_MAX: Final = 100_000
SHELF_PRODUCTS_MAX: Final = 500
HOST_NOTE_CHARS_MAX: Final = 500  # of what a host notes for one product
VARIANTS_PER_PRODUCT_MAX: Final = 2_048
IMAGES_PER_PRODUCT_MAX: Final = 8
LISTED_VARIANTS_PER_PRODUCT_MAX: Final = 200  # in a list of the catalogue
SHELF_VARIANTS_PER_PRODUCT_MAX: Final = 200  # of SHELF_PRODUCTS_MAX: 100,000 SKUs in all
STOCK_RIDS_KEPT_MAX: Final = 200  # of a session: the newest additions of stock that had a rid
ACTIVITY_QUEUED_MAX: Final = 10_000
ACTIVITY_PER_COMMIT_MAX: Final = 500
ACTIVITY_FORGOTTEN_MAX: Final = 1_000  # addresses in a statement
ACTIVITY_SUBJECTS_KEPT_MAX: Final = 1_000  # of whom refusals are counted
CHECKOUT_RIDS_MAX: Final = 20
OFFERS_ALONE_MAX: Final = 8  # that go with no other: a cart is priced once with each
ORDER_CODES_MAX: Final = 3
WELCOME_ORDERS_MAX: Final = 50
BUYER_RESERVATIONS_MAX: Final = 100
# Reservations of one buyer and session that Redis keeps after they have ended unsold: those never
# ordered, of which the oldest is forgotten, and ordered ones, at which nothing new is reserved.
BUYER_PAST_MAX: Final = 200
BUYER_VOID_MAX: Final = 500
HEAD_FIELDS_MAX: Final = 100
LIST_FIELD_ITEMS_MAX: Final = 32
QUERY_FIELDS_MAX: Final = 32
PAGE_ITEMS_MAX: Final = 200
PAGE_ITEMS_DEFAULT: Final = 50
SEARCH_SKUS_MAX: Final = 1_000
SEARCH_SKUS_READ_MAX: Final = 10_000  # whosever they are
SERIES_POINTS_MAX: Final = 240
MISSING_KNOWN_MAX: Final = 10_000  # sessions that are not there
STILLS_MAX: Final = 250  # settled shows that a node shows without a room
STILLS_RENEWED_MAX: Final = 8  # a beat, after Redis was away
QUIET_ROOMS_DEFAULT: Final = 100
VISITORS_NOTED_MAX: Final = 100_000
VISITORS_PER_CALL_MAX: Final = 1_000

# Bytes
HEAD_BYTES_MAX: Final = 16_384
PATH_BYTES_MAX: Final = 2_048  # two ids of 64 characters, each of twelve bytes in an address
LIST_FIELD_BYTES_MAX: Final = 1_024  # of a head's field whose items are looked at one by one
PART_BYTES_MIN: Final = 512  # of a request, in one read; less is in debt
PARTS_DEBT_BYTES_MAX: Final = 1_024  # beyond it the next part of a request waits
PARSED_AT_ONCE_BYTES: Final = 1_024  # of requests, before those that came are answered
READ_BYTES_MIN: Final = 16_384  # of an answer, for the client to be given more time
DISCARDED_BYTES_MAX: Final = 16_777_216  # of what comes after the last answer
MESSAGE_BYTES_MAX: Final = 4_096
READ_AT_ONCE_BYTES: Final = 4_096  # of what a viewer sends, before its frames are counted
READ_BYTES_MAX: Final = 8_192  # of one viewer in one turn of the event loop
# What viewers send is read for so long in each turn. While a crowd waits, it is read for so much of
# the loop's time, in slices of at most so long: purchases under way have the rest.
INTAKE_SLICE_MS: Final = 2
INTAKE_SLICE_MS_MAX: Final = 10
INTAKE_TIME_PERCENT: Final = 40
PACKETS_PER_TURN_MIN: Final = 32  # however long they take
# Once a packet has waited for so long, newer ones are read first.
INTAKE_STALE_MS: Final = 250
BODY_BYTES_MAX: Final = 65_536
PRODUCT_BYTES_MAX: Final = 262_144  # of a body: VARIANTS_PER_PRODUCT_MAX of 128 each
PLAN_BYTES_MAX: Final = 262_144  # of a body: SHELF_PRODUCTS_MAX notes and sales of 524 each
DEFLATED_BYTES_MIN: Final = 256  # less fits into one packet either way
STILL_BYTES_MAX: Final = 33_554_432  # of all stills of a node
OUTBOX_BYTES_MAX: Final = 65_536
UNSENT_BYTES_MAX: Final = 16_384

# The log: lines of one kind that strangers cause
LOG_LINES_PER_SECOND_MAX: Final = 5
LOG_KINDS_MAX: Final = 100

# The purchase path
BUY_WAIT_MS_DEFAULT: Final = 1_000
OVERDUE_MS_MIN: Final = 250  # before a purchase that was taken in is dropped as overdue
RESERVE_LINES_PER_CALL_MAX: Final = 64
# A call takes some four turns of the event loop, which are long while much is refused.
RESERVE_CALLS_IN_FLIGHT_MAX: Final = 4
REDIS_CALLS_IN_FLIGHT_MAX: Final = 10_000
PURCHASES_QUEUED_MAX: Final = 20_000
# Of rids that are reserved already: they are answered whatever the wait, up to so many.
REPLAYS_QUEUED_MAX: Final = 1_000
# Dropped while one batch is made up, so that a queue of stale purchases cannot hold the loop.
DROPPED_PER_BATCH_MAX: Final = 256
# How fast a queue moves is believed after so many full batches, and for so long without one.
PACE_BATCHES_MIN: Final = 4
PACE_KEPT_MS: Final = 5_000
ORDERS_PER_COMMIT_MAX: Final = 400
ORDERS_QUEUED_MAX: Final = 20_000
SWEEP_LINES_MAX: Final = 64
SWEEPS_PER_PULSE_MAX: Final = 16
BUYERS_PER_CALL_MAX: Final = 200
SETTLEMENTS_WAITING_MAX: Final = 1_000
OUTGOING_MESSAGES_MAX: Final = 1_000
LOAD_LINES_PER_CALL_MAX: Final = 500
COMMAND_ATTEMPTS_MAX: Final = 10
EVENTS_PER_READ_MAX: Final = 500  # of a log
COMMANDS_IN_FLIGHT_MAX: Final = 5_000
COMMANDS_WAITING_MAX: Final = 40
FRAMES_WAITING_MAX: Final = 1_000  # for one viewer, until its welcome
WATCHED_RIDS_PER_PULSE_MAX: Final = 1_000

# Rates of a viewer over all its connections to a node, of a host and of anybody without a token
# per connection: (a second, burst)
COMMANDS_RATE: Final = (20, 40)
HOST_COMMANDS_RATE: Final = (50, 100)
CHAT_RATE: Final = (2, 5)
CHAT_VIEWER_RATE: Final = (3, 5)  # of a viewer in a session, over all connections
CHAT_VIEWER_PART: Final = 4  # of the messages a second of a session, it may say the fourth part
PURCHASE_RATE: Final = (5, 10)
BUYER_RATE: Final = PURCHASE_RATE  # reservations of a buyer in a session, over all connections
FRAMES_RATE: Final = (200, 1_000)  # per connection: of any kind, pings, fragments and parts

# Rates over HTTP: (a second, burst)
HTTP_ANONYMOUS_RATE: Final = (500, 2_000)  # an address, which may stand for a whole company
HTTP_VIEWER_RATE: Final = (50, 100)
HTTP_HOST_RATE: Final = (200, 1_000)
HTTP_KEY_RATE: Final = (2_000, 4_000)
HTTP_CALLERS_KEPT_MAX: Final = 50_000
ACTIVITY_REFUSALS_RATE: Final = (1, 50)  # of a subject, recorded in the activity log
GUESSES_RATE: Final = (50, 500)  # of an address: tokens and keys that do not hold
STRAYS_RATE: Final = (50, 400)  # of an address: sessions that are not there
METRICS_RATE: Final = (10, 50)  # how often they are written, whoever reads them
REFUSALS_RATE: Final = (20, 100)  # of an address: heads that are no request, or none for us
TOKENS_KNOWN_MAX: Final = 4_096
TOKEN_AHEAD_S_MAX: Final = 86_400  # before its beginning, to be told to come back for it
TOKEN_LEEWAY_S: Final = 30  # by which an issuer's clock may differ from ours
KEYS_KNOWN_MAX: Final = 1_000
KEYS_LOOKED_UP_MAX: Final = 100

# Connections
CONNECTIONS_PER_VIEWER_MAX: Final = 50
CONNECTIONS_PER_ADDRESS_MAX: Final = 20_000
ADDRESS_PREFIX_IPV4_BITS: Final = 32
ADDRESS_PREFIX_IPV6_BITS: Final = 64  # what one household or machine is given
FORWARDED_HOPS_MAX: Final = 32
TURN_CHARS_MAX: Final = 100
TURNSTILE_ADDRESSES_MAX: Final = 10_000
TURNSTILE_LINES_MAX: Final = 1_000  # of single addresses
TURNS_SPENT_KEPT_MAX: Final = 100_000
JOINS_PER_SECOND_DEFAULT: Final = 1_500
REFUSALS_WAITING_MAX: Final = 1_000  # on a node; each keeps a connection open for a second
REFUSED_CONNECTIONS_MAX: Final = 5_000  # of viewers, until they hang up
HTTP_CONNECTIONS_MAX: Final = 10_000  # those that are not, or not yet, viewers'
HTTP_CONNECTIONS_PER_ADDRESS_MAX: Final = 2_000
HTTP_RESERVE_CONNECTIONS_MAX: Final = 1_000  # beyond those, for health checks and upgrades
DRAIN_WAVE_VIEWERS_MIN: Final = 50  # fewer at a time would spare nobody anything
SESSIONS_LOOKED_UP_MAX: Final = 100
BACKLOG_CONNECTIONS: Final = 4_096
