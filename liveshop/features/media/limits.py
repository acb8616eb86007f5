"""The limits of uploads."""

from typing import Final

UPLOAD_BYTES_MAX: Final = 10_485_760
UPLOAD_PIXELS_MAX: Final = 40_000_000
UPLOAD_MS_MAX: Final = 120_000  # from its first byte to the picture's end, over a phone's line
UPLOADS_OF_SHOP_AT_ONCE_MAX: Final = 2  # on a node
UPLOADS_AT_ONCE_MAX: Final = 4  # on a node
UPLOADS_WAITING_MAX: Final = 20  # for a turn
UPLOAD_WAIT_MS_MAX: Final = 10_000
UPLOADS_RATE: Final = (2, 40)  # of an identity, a second and in a burst
UPLOADS_PER_SHOP_MAX: Final = 10_000
UPLOAD_BYTES_PER_SHOP_MAX: Final = 4_294_967_296  # as stored

# The process that draws a picture
PICTURE_MEMORY_BYTES_MAX: Final = 1_073_741_824  # of address space: 40 megapixels and a copy
PICTURE_CPU_S_MAX: Final = 20
PICTURES_DRAWN_AT_ONCE_MAX: Final = 1  # on a node: a large one takes half a gigabyte
PICTURE_MS_MAX: Final = 60_000  # on a busy machine, after the file is there
PICTURE_ANSWER_BYTES_MAX: Final = 33_554_432

# Where pictures lie
STORE_MS_MAX: Final = 8_000  # of all files of one; less than a transaction may be idle
FILE_BYTES_MAX: Final = 16_777_216
FILES_KEPT_BYTES_MAX: Final = 67_108_864  # in the memory of a node
FILE_KEPT_MS: Final = 60_000
