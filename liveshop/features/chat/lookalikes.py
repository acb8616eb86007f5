"""Letters that look like others, and letters with marks that are letters of their own.

Made by `python -m tools.lookalikes` from ICU 78.3: the confusable
characters of Unicode 17.0 (UTS 39), and CLDR's alphabets.
Copyright © 1991-2025 Unicode, Inc., under the licence in UNICODE-LICENSE.txt.
"""

from typing import Final

# Letters with a mark that an alphabet sorts as letters of their own, in lower case.
OWN_LETTERS: Final = "äåçëñöüăąćċčęğġģķļńņňőřśşšűźżžơưșțйѓїќўṅṣ"
# By Latin letter: the code points of those taken for it.
LOOKALIKES: Final = {
    "a": "251 3b1 430 13aa 15c5 1d00 a4ee 102a0 1f150 1f170",
    "b": (
        "180 183 299 432 463 48d 13cf 13f4 1472 1473 15af 15f7 2c83 a4d0 "
        "10282 102a1 10301 1f151 1f171"
    ),
    "c": "23c 441 13df 1d04 2ca5 a4da 102a2 10302 1043d 1051c 1f152 1f172",
    "d": "18c 256 501 13a0 13e7 146f 15de 15ea 1d05 a4d2 a4d3 1f153 1f173",
    "e": "247 435 4bd 4bf 13ac 1d07 2d39 a4f0 ab32 10286 1f154 1f174",
    "f": ("192 584 15b4 1d6e 1e9d a4dd a730 a799 ab35 10287 102a5 10525 118c2 1f155 1f175"),
    "g": "18d 1e5 260 261 262 50d 581 13c0 13f3 1d83 a4d6 1f156 1f176",
    "h": ("266 29c 45b 4bb 4c8 4ca 570 13bb 13c2 13f2 157c 2c8f a4e7 a695 102cf 1f157 1f177"),
    "i": "268 269 26a 3b9 456 582 13a5 1d7b 1d7c 2c93 a647 118c3 1f158 1f178",
    "j": "249 3f3 458 13ab 148d 1d0a a4d9 1f159 1f179",
    "k": "138 3ba 43a 49f 13e6 16d5 1d0b 2c95 a4d7 10518 1f15a 1f17a",
    "l": (
        "19a 1c0 26b 26d 29f 4cf 13de 14aa 16c1 2cd1 2d4f a4e1 a4f2 1028a "
        "10309 10443 10526 1f15b 1f17b"
    ),
    "m": ("271 28d 43c 4ce 13b7 15f0 16d6 1d0d 1d6f 2c99 a4df 102b0 10311 1f15c 1f17c"),
    "n": "14b 19e 273 274 3b7 578 1d70 2c9b a4e0 10513 1f15d 1f17d",
    "o": (
        "275 3bf 3ed 43e 473 585 13be 13eb 1d0f 1d11 2c91 2c9f 2d31 2d41 "
        "2d54 a4f3 a74b ab3d ab3e 10292 102ab 1042c 104ea 10516 118c8 118d7 1f15e 1f17e"
    ),
    "p": ("1a5 1bf 3c1 3f8 440 13e2 146d 1d18 1d29 1d7d 2ca3 2ccf a4d1 10295 1f15f 1f17f"),
    "q": "2a0 51b 563 2d55 a7af 1f160 1f180",
    "r": ("24d 27c 27d 280 433 13a1 13d2 1587 1d26 1d72 2c85 a4e3 ab47 ab48 1f161 1f181"),
    "s": "1bd 282 455 13d5 13da 1d74 a4e2 a731 10296 10448 118c1 1f162 1f182",
    "t": ("167 1ad 3c4 442 4ad 13a2 1d1b 1d75 2ca7 a4d4 10297 102b1 10315 1f163 1f183"),
    "u": ("28b 3c5 45f 57d 13cc 144c 1d1c 1d7e a4f4 a79f ab4e ab52 104f6 118d8 1f164 1f184"),
    "v": "3bd 475 13d9 142f 1d20 2d38 a4e6 1051d 118c0 1f165 1f185",
    "w": "26f 448 461 47d 51d 561 13b3 13d4 1d21 2cbd a4ea a761 1f166 1f186",
    "x": "445 1541 157d 16b7 2d5d a4eb 10290 102b4 10317 10527 1f167 1f187",
    "y": ("24f 263 28f 3b3 443 13a9 13bd 1d8c 1eff 2ca9 a4ec ab5a 102b2 118dc 1f168 1f188"),
    "z": "1b6 225 290 13c3 1d22 1d76 a4dc 118c4 1f169 1f189",
}
# The same for capitals that look like another letter than their small ones do.
CAPITALS: Final = {
    "b": "392 42c",
    "e": "395 118a6 118ae",
    "f": "3dc",
    "h": "397 41d",
    "l": "399 406 2c92 118a3 118b2",
    "m": "39c 3fa",
    "n": "39d",
    "o": "118b5",
    "r": "ab81 104b4",
    "s": "54f",
    "t": "118bc",
    "x": "3a7 2cac",
    "y": "3a5 4ae 118a4",
    "z": "396 118a9",
}
