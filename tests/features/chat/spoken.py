"""A table of what a chat with a blocked word lets pass, in fifteen scripts, each with its reason.

A line is the word, the message, whether it passes, and why. Characters that cannot be seen, and
those that look like others, are written by their code points.
"""

from typing import Final, NamedTuple


class Said(NamedTuple):
    """A message, where one word is blocked."""

    word: str
    message: str
    passes: bool
    why: str


def _found(why: str, *lines: tuple[str, str]) -> tuple[Said, ...]:
    return tuple(Said(word, message, False, why) for word, message in lines)


def _passes(why: str, *lines: tuple[str, str]) -> tuple[Said, ...]:
    return tuple(Said(word, message, True, why) for word, message in lines)


LATIN: Final = (
    *_found("case makes no difference", ("scam", "that is a SCAM."), ("straße", "STRASSE 5")),
    *_found("width makes no difference", ("scam", "\uff33\uff23\uff21\uff2d"), ("scam", "ⓢⓒⓐⓜ")),
    *_found("letters of mathematics are letters", ("scam", "𝓼𝓬𝓪𝓶"), ("scam", "𝕊ℂ𝔸𝕄")),
    *_found("so are superscripts and ligatures", ("scam", "ˢᶜᵃᵐ"), ("fish", "ﬁsh")),
    *_found("small capitals are letters", ("scam", "ꜱᴄᴀᴍ"), ("whore", "ᴡʜᴏʀᴇ")),
    *_found("letters on a ground are letters", ("scam", "🆂🅲🅰🅼"), ("scam", "🅢🅒🅐🅜")),
    *_found("stress goes", ("scam", "scám"), ("scam", "scàm"), ("scam", "scâm"), ("scám", "scam")),
    *_found("length and nasal tone go", ("scam", "scām"), ("scam", "scãm"), ("São", "sao")),
    *_found("an accent may be a character of its own", ("scam", "sca\u0301m")),
    *_found("piles of marks go", ("scam", "s\u0336c\u0336a\u0336m\u0336")),
    *_passes("ñ is a letter of its own", ("ano", "¡feliz año!"), ("ano", "feliz an\u0303o")),
    *_passes("å is a letter of its own", ("far", "får"), ("far", "fa\u030ar")),
    *_passes("ä, ö and ü are letters of their own", ("schwul", "schwül heute"), ("ol", "en öl")),
    *_passes("so are ç, ş and ğ of Turkish", ("got", "göt"), ("kac", "kaç"), ("dag", "dağ")),
    *_passes("so are č, š, ł, ą of the Slavs", ("seks", "šeks"), ("las", "łas"), ("bak", "bąk")),
    *_passes("so are ø, đ, ß and þ", ("rod", "rød"), ("da", "đa")),
    *_found("a letter of its own is found as itself", ("año", "FELIZ AÑO"), ("göt", "GÖT")),
    *_found("tones go, in Vietnamese too", ("ma", "má ơi"), ("đit", "địt")),
    *_passes("ơ, ư, ă and đ of Vietnamese stay", ("to", "tơ"), ("dit", "đit")),
    *_passes("ı is not i in Turkish", ("sik", "sık sık"), ("sık", "sik")),
    *_found("a capital I may be either", ("sık", "SIK"), ("sik", "SIK"), ("sik", "SİK")),
    *_found("two drawings of a letter are one", ("șpagă", "ŞPAGĂ"), ("ţap", "țap")),
    *_passes("a word inside a longer one is no matter", ("scam", "scampi for dinner")),
    *_passes("nor are these", ("cunt", "Scunthorpe"), ("ass", "classic"), ("tit", "title")),
    *_passes("nor is one in a name", ("cock", "Hitchcock"), ("sex", "Essex"), ("anal", "analogue")),
    *_passes("a number is part of its word", ("scam", "scam2024x")),
    *_passes("m is not rn", ("corn", ".com"), ("burn", "bum"), ("bum", "burn")),
    *_passes("i is not l", ("fail", "fall"), ("fall", "FAIL"), ("silt", "slit")),
    *_passes("numbers are numbers", ("lol", "room 101"), ("ass", "Galaxy A55"), ("oo", "00")),
    *_found("a 0 in a word is an o", ("porn", "p0rn"), ("hello", "hell0")),
    *_found("a 1 or a bar in a word is an l or an i", ("click", "c1ick"), ("click", "cl|ck")),
    *_found("of whatever width", ("porn", "p\uff10rn"), ("click", "c\U0001d7cfick")),
    *_found("drawn or of another script", ("porn", "p⓪rn"), ("porn", "p\u0660rn")),
    *_found("bars are drawn in many ways", ("click", "c\u2223ick"), ("shit", "sh\u2502t")),
    *_passes("digits alone are numbers", ("lol", "１０１"), ("oo", "٠٠"), ("il", "11")),
    *_found("a capital i in a small word is an l", ("click", "CIick")),
)
SIGNS: Final = (
    *_found(
        "a sign is no edge of a word", ("scam", "_scam_"), ("scam", "#scam!"), ("scam", "a/scam")
    ),
    *_found(
        "signs within a word go", ("scam", "s.c.a.m"), ("scam", "s_c_a_m"), ("scam", "s-c*a~m")
    ),
    *_found("wherever they stand", ("scam", "s.c.am"), ("scam", "sc_a_m"), ("scam", "s-ca.m")),
    *_found("beside digits too", ("2for1", "2-for-1"), ("porn", "p.0.r.n"), ("click", "c_1_ick")),
    *_found("whatever they are", ("scam", "sc💥am"), ("scam", "sca.m"), ("scam", "s'c'a'm")),
    *_found("letters may be spelled out", ("scam", "s c a m"), ("scam", "it is a s c a m ok")),
    *_found("or with both", ("scam", "S. C. A. M."), ("scam", "s - c - a - m")),
    *_found("a blank may be any sign", ("follow me", "follow_me"), ("follow me", "Follow-Me!")),
    *_found("or many blanks", ("follow me", "follow \u00a0  me")),
    *_found("a word with a sign is found with another", ("follow-me", "follow_me")),
    *_passes("apostrophes belong to words", ("hell", "he'll come"), ("whore", "who’re you")),
    *_found("however they are written", ("don't", "don’t"), ("don't", "donʼt"), ("it’s", "it`s")),
    *_found("hyphens are one", ("follow-me", "follow\u2011me"), ("-50%", "\u221250%")),
    *_found("slashes are one", ("t.me/", "t.me\u2044x"), ("t.me/", "t.me\u2215x")),
    *_passes("so do points of numbers", ("69", "it costs 6.9"), ("420", "$4.20")),
    *_passes("one sign between two letters is a size", ("sm", "S/M or L?")),
    *_passes(
        "two words are two", ("scam", "has cam"), ("therapist", "the rapist"), ("cum", "c um")
    ),
    *_found("an edge is looked for at letters only", ("t.me/", "https://t.me/shop7")),
    *_passes("and it is looked for there", ("t.me/", "chat.me/x"), ("t.me/", "at.me/x")),
    *_found("signs need no edge", ("$$$", "easy$$$now"), ("🖕", "ha🖕ha")),
    *_found("the colour of skin makes no difference", ("🖕", "🖕🏽"), ("🖕🏿", "🖕")),
    *_found("nor does how an emoji is drawn", ("❤", "I ❤\ufe0f you"), ("❤\ufe0f", "❤")),
    *_passes("a flag is two letters", ("🇺🇸", "🇦🇺🇸🇪")),
    *_found("and is found as two", ("🇺🇸", "🇸🇪🇺🇸")),
    *_found("what cannot be seen goes", ("scam", "sca\u200bm"), ("scam", "s\u00adc\u2060a\ufe0fm")),
    *_found(
        "fillers too", ("scam", "sc\u3164am"), ("scam", "sc\u2800am"), ("scam", "sc\U000e0061am")
    ),
)
GREEK_AND_CYRILLIC: Final = (
    *_found(
        "Cyrillic looks like Latin", ("scam", "\u0455\u0441\u0430\u043c"), ("scam", "sc\u0430m")
    ),
    *_found("in capitals too", ("scam", "\u0405\u0421\u0410\u041c"), ("hot", "\u041d\u041e\u0422")),
    *_found("Greek looks like Latin", ("scam", "sc\u03b1m"), ("porn", "p\u03bfrn")),
    *_found("in capitals too", ("zone", "\u0396\u039f\u039d\u0395")),
    *_found("and Latin like Cyrillic", ("сор", "cop"), ("хам", "xaм")),
    *_found("case makes no difference", ("обман", "ОБМАН!"), ("απάτη", "ΑΠΑΤΗ")),
    *_passes("й is not и", ("мои", "мой"), ("мой", "мои"), ("мои", "мои\u0306")),
    *_passes("nor ї і, nor ў у", ("ідем", "їдем"), ("ул", "ўл")),
    *_found("ё is written as е", ("еще", "ещё"), ("ёлка", "елка")),
    *_found("stress goes", ("обман", "обма\u0301н"), ("απατη", "απάτη"), ("μαλακας", "μαλᾶκας")),
    *_found("a sigma at the end is one", ("ψευδος", "ΨΕΥΔΟΣ"), ("κακοσ", "κακός")),
    *_found(
        "a 0 in a word is an o here too",
        *(("порно", "п0рно"), ("порно", "П0РН0"), ("πορνο", "π0ρνο")),
    ),
    *_found("a 1 may be an i", ("shit", "\u0455\u04bb1\u0442"), ("дім", "д1м")),
    *_found("the apostrophe of Ukrainian is one", ("п'ять", "пʼять"), ("п’ять", "п'ять")),
    *_passes("a number before a word is one", ("ом", "10 м"), ("ошт", "10шт")),
    *_passes("a word inside a longer one is no matter", ("обман", "обманщик"), ("ψέμα", "ψέματα")),
    *_passes("letters that do not look alike are others", ("вор", "бор"), ("лук", "люк")),
    *_found("Armenian and Cherokee look like Latin", ("hug", "\u0570\u057d\u0581"), ("sap", "ᏕᎪᏢ")),
)
HEBREW_AND_ARABIC: Final = (
    *_found("points of Hebrew are left out", ("שקר", "שֶׁקֶר"), ("שֶׁקֶר", "שקר")),
    *_passes("other letters of Hebrew stay", ("שקר", "סקר"), ("כלב", "חלב")),
    *_passes("a word inside a longer one is no matter", ("שקר", "שקרנים")),
    *_found("a geresh is an apostrophe", ("ג'ורג'", "ג׳ורג׳"), ("צ׳יפס", "צ'יפס")),
    *_found("vowel signs of Arabic are left out", ("كلب", "كَلْب"), ("كَلْب", "كلب")),
    *_found("a lengthened line is no letter", ("كلب", "كـــلـب")),
    *_found("the forms of alef are one", ("احمق", "أحمق"), ("أحمق", "احمق"), ("اسلام", "إسلام")),
    *_found("keyboards have two of some", ("كلب", "کلب"), ("علي", "على"), ("سکس", "سكس")),
    *_passes("dots make other letters", ("كلب", "كلت"), ("حمار", "خمار")),
    *_passes("a hamza on waw or yeh stays", ("سوال", "سؤال"), ("ريس", "رئس")),
    *_passes("a word inside a longer one is no matter", ("كلب", "كلبنا")),
    *_found("presentation forms are letters", ("كلب", "\ufedb\ufede\ufe90")),
    *_found("a joiner that cannot be seen goes", ("كلب", "كل\u200dب")),
)
INDIC: Final = (
    *_passes(
        "vowel signs of Devanagari make other words", ("कल", "काल"), ("क", "की"), ("दन", "दिन")
    ),
    *_passes("so does a virama", ("नमस", "नमस्"), ("सत", "सत्य")),
    *_passes("and a nukta", ("जरा", "ज़रा"), ("फल", "फ़ल")),
    *_found(
        "a nukta may be a character of its own", ("ज़रा", "ज\u093cरा"), ("ज\u093cरा", "\u095bरा")
    ),
    *_found("a word is found as a whole", ("झूठ", "यह झूठ है।"), ("মিথ্যা", "এটা মিথ্যা!")),
    *_passes("vowel signs of Bengali make other words", ("কল", "কাল"), ("মথ", "মিথ")),
    *_found("two halves of a sign are one", ("কো", "ক\u09c7\u09be"), ("கொ", "க\u0bc6\u0bbe")),
    *_passes("vowel signs of Tamil make other words", ("பல", "பால"), ("கல", "கல்")),
    *_found(
        "Tamil is found as a whole",
        ("பொய்", "அது பொய்."),
    ),
    *_passes("a word inside a longer one is no matter", ("झूठ", "झूठा"), ("பொய்", "பொய்யா")),
)
SPACELESS: Final = (
    *_found("Han has no edges", ("假货", "这是假货啊"), ("加微信", "快加微信吧")),
    *_found("a sign within goes", ("假货", "这是假.货啊"), ("假货", "假*货"), ("假货", "假 货")),
    *_passes("but not what parts clauses", ("假货", "不是假，货很好"), ("假货", "真假。货到了")),
    *_passes("traditional characters are others", ("假货", "假貨")),
    *_found("a Latin word ends at Han", ("scam", "这是scam啊"), ("v信", "加v信吧")),
    *_passes(
        "だめ is not ため", ("ため", "だめ"), ("だめ", "ため"), ("はか", "ばか"), ("はか", "ぱか")
    ),
    *_found("the mark of a sound may stand alone", ("だめ", "た\u3099め"), ("だめ", "た゛め")),
    *_found("narrow kana are kana", ("ダメ", "ﾀﾞﾒ"), ("バカ", "ﾊﾞｶ野郎")),
    *_found("kana have no edges", ("ばか", "おばかさん")),
    *_passes("the other kana are others", ("だめ", "ダメ")),
    *_found("kana look like Han", ("エロ", "工口"), ("カー", "力一")),
    *_passes("vowels of Thai make other words", ("กา", "กิ"), ("ปี", "ปู")),
    *_passes("so do tones", ("มา", "ม้า"), ("ไม", "ไม่")),
    *_passes("and vowels that stand before", ("กา", "เกา"), ("ปน", "เปน")),
    *_passes("or after", ("ก", "กะ"), ("น", "นำ")),
    *_found("Thai has no edges", ("หลอก", "อย่าหลอกกัน"), ("โกง", "คนโกงเงิน")),
    *_found("Lao has no edges", ("ຂີ້ຕົວະ", "ລາວຂີ້ຕົວະຫຼາຍ")),
    *_passes("vowels and tones of Lao make other words", ("ມາ", "ມ້າ"), ("ກາ", "ເກາ"), ("ມ", "ມື")),
    *_found("Khmer has no edges", ("បោក", "គេបោកប្រាស់គេ")),
    *_passes("signs of Khmer make other words", ("កក", "កុក"), ("ត", "ស្ត"), ("ស", "ស្ត")),
    *_found("Burmese has no edges", ("လိမ်", "သူလိမ်တယ်")),
    *_passes("signs of Burmese make other words", ("လမ", "လိမ်"), ("က", "ကာ"), ("က", "က္က")),
)
KOREAN: Final = (
    *_found(
        "letters of Hangul may be single",
        ("사기", "\u1109\u1161\u1100\u1175"),
        ("사기", "이건 사기!"),
    ),
    *_passes("syllables are others with a letter more", ("사기", "삭기"), ("가", "각")),
    *_passes("a word inside a longer one is no matter", ("사기", "도자사기품")),
    *_found("a filler goes", ("사기", "사\u3164기"), ("사기", "사\uffa0기")),
    *_found("a sign of two goes as well", ("사기", "사.기"), ("시발", "시~발"), ("ㅅㅂ", "ㅅ.ㅂ")),
    *_passes("a blank is none", ("사기", "사 기"), ("시발", "다시 발표")),
    *_found("a sign within goes", ("사기꾼", "사.기꾼"), ("사기꾼", "사 기 꾼")),
)
SAID: Final = LATIN + SIGNS + GREEK_AND_CYRILLIC + HEBREW_AND_ARABIC + INDIC + SPACELESS + KOREAN
