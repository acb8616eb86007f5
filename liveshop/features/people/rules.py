"""A person's name and mail, and the rules for both."""

import re
from typing import Annotated, Final

import idna
from msgspec import Meta, Struct

from liveshop.core.fields import PERSON, is_composed
from liveshop.core.unseen import UNSEEN, flaw_of

MAIL_CHARS_MAX: Final = 254  # RFC 5321, with what stands around it taken off
_LOCAL_BYTES_MAX: Final = 64
_DOMAIN_CHARS_MAX: Final = 253

# Its shape is checked by `mail_flaw`.
Mail = Annotated[str, Meta(min_length=1, max_length=MAIL_CHARS_MAX)]
_PERSON: Final = re.compile(PERSON)
# The atoms of RFC 5322 with dots between them, and what RFC 6531 adds: letters of any script. A
# local part in quotes, which hardly anybody has, is refused.
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")


class Contact(Struct, frozen=True, kw_only=True):
    """The name of a person, and the address of mail if there is one."""

    name: str
    mail: str | None = None


def name_flaw(name: str) -> str | None:
    """Return why a name cannot be a person's, in words that follow its field; None if it can.

    The rules are those of chat, and of ids: no blanks around it, and no # that is ours.
    """
    if (flaw := flaw_of(name)) is not None:
        return flaw
    if not _PERSON.match(name):
        return "begins or ends with a blank, or begins with #"
    if not is_composed(name):
        return "is not in Unicode's form NFC"
    return None


def mail_flaw(mail: str) -> str | None:
    """Return why mail cannot be sent to an address, as far as its shape tells; None if it can.

    No name server is asked: it would be slow, and be told who is here.
    """
    local, at, domain = mail.rpartition("@")
    if not at:
        return "has no @"
    if not is_composed(mail):
        return "is not in Unicode's form NFC"
    seen = _LOCAL.fullmatch(local) and not UNSEEN.search(local) and flaw_of(local) is None
    if not seen or len(local.encode()) > _LOCAL_BYTES_MAX:
        return "has something before the @ that no address has"
    try:
        plain = ascii_domain(domain)
    except UnicodeError:
        return "has no domain after the @"
    if (
        "." not in plain
        or plain.endswith(".")
        or len(plain) > _DOMAIN_CHARS_MAX
        or plain.rpartition(".")[2].isdecimal()
    ):
        return "has no domain after the @"
    return None


def ascii_domain(domain: str) -> str:
    """Return a domain as name servers know it; raises UnicodeError if it can be none."""
    return idna.encode(domain, uts46=True, std3_rules=True).decode().lower()


def same_mail(mail: str) -> str:
    """Return an address so that two to which the same mailbox answers are alike.

    Strictly, only the mailbox's server knows whether case counts before the @; hardly any does.
    """
    local, _, domain = mail.rpartition("@")
    return f"{local.casefold()}@{ascii_domain(domain)}"
