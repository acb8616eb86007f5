"""Why a connection was closed; the range of the code is the client's reconnect policy."""

from enum import IntEnum


class CloseCode(IntEnum):
    """4000–4499: reconnect, with jitter. 4500–4999 and the three of RFC 6455: do not."""

    PROTOCOL_ERROR = 1002
    INVALID_UTF8 = 1007
    MESSAGE_TOO_BIG = 1009

    GOING_AWAY = 4000
    DRAINED = 4001
    TOO_SLOW = 4002
    NO_PONG = 4003

    NO_HELLO = 4500
    BAD_FRAME = 4501
    BAD_TOKEN = 4502
    BANNED = 4503
    TOO_MANY_CONNECTIONS = 4504
    NO_SUCH_SESSION = 4505
    ORIGIN_NOT_ALLOWED = 4506
    FLOODING = 4507
