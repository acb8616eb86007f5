"""People: names and mail by `sub`, each sealed under a key of its own, and forgotten with it.

A feature that keeps what is personal lists PEOPLE in its `uses`, and keeps it by `KnownPeople`,
in the transaction of what it belongs to. All others hear names only by `node.people`.
"""

from liveshop.core.feature import Feature
from liveshop.features.people.rules import Contact, Mail, mail_flaw, name_flaw
from liveshop.features.people.store import KnownPeople, known_people
from liveshop.features.people.store_keys import MasterKeys, NoKey, Sealed

__all__ = (
    "PEOPLE",
    "Contact",
    "KnownPeople",
    "Mail",
    "MasterKeys",
    "NoKey",
    "Sealed",
    "mail_flaw",
    "name_flaw",
)

PEOPLE = Feature(name="people", people=known_people)
