"""Bugs in what is kept of people, and in who is let in as a guest."""

from typing import Final

from tests.planted.fault import Fault

_ERASURE: Final = "tests/features/guests/test_erasure.py"
_HTTP: Final = "tests/features/guests/test_http.py"
_BANS: Final = "tests/features/guests/test_bans.py"
_STORE: Final = "tests/features/people/test_store.py"
_NOWHERE: Final = (
    f"{_ERASURE}::test_the_name_is_nowhere_in_the_clear_but_in_the_newest_chat_and_the_mail_nowhere"
)

FAULTS: Final = (
    Fault(
        name="a pinned message with the name of its guest",
        promise="a name is in the log for good, whatever is erased",
        file="liveshop/features/chat/room.py",
        old="return replace(message, viewer=replace(author, name=NAMELESS))",
        new="return message",
        tests=(_NOWHERE,),
    ),
    Fault(
        name="a ban with the name of a guest",
        promise="a name lies in the clear next to the ban, whatever is erased",
        file="liveshop/engine/rooms/moderation.py",
        old="if viewer.identity is not None and not viewer.identity.guest:",
        new="if viewer.identity is not None:",
        tests=(_NOWHERE,),
    ),
    Fault(
        name="a guest who is banned while its name is read",
        promise="a banned guest stays, and goes on buying, until its connection ends",
        file="liveshop/engine/rooms/viewer_admission.py",
        old="                if ban := place.session.ban_of(viewer.identity):\n",
        new="                if not viewer.identity.guest and"
        " (ban := place.session.ban_of(viewer.identity)):\n",
        tests=(
            "tests/engine/test_bans.py"
            "::test_a_guest_who_is_banned_while_its_name_is_read_does_not_get_in",
        ),
    ),
    Fault(
        name="names and mail that are not sealed",
        promise="whoever reads the tables or a backup reads who has bought what",
        file="liveshop/features/people/store_keys.py",
        old="    return nonce + AESGCM(key).encrypt(nonce, content, sub.encode())",
        new="    return nonce + content",
        also=(
            (
                "    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], "
                "sub.encode())",
                "    return sealed[_NONCE_BYTES:]",
            ),
        ),
        tests=(_NOWHERE,),
    ),
    Fault(
        name="something sealed that opens for another person",
        promise="a row that is copied onto another's shows its name there",
        file="liveshop/features/people/store_keys.py",
        old="    return nonce + AESGCM(key).encrypt(nonce, content, sub.encode())",
        new="    return nonce + AESGCM(key).encrypt(nonce, content, None)",
        also=(("sealed[_NONCE_BYTES:], sub.encode())", "sealed[_NONCE_BYTES:], None)"),),
        tests=(f"{_STORE}::test_a_row_opens_for_nobody_else_and_not_without_its_key",),
    ),
    Fault(
        name="a person that is forgotten without its key",
        promise="a backup of the one table opens with the key in the other",
        file="liveshop/features/people/people.sql",
        old="WITH destroyed AS (DELETE FROM person_key WHERE sub = ANY($1::text[]))\n",
        new="",
        tests=(f"{_STORE}::test_forgetting_leaves_no_row_and_may_be_repeated",),
    ),
    Fault(
        name="mail that is found by the key before only",
        promise="once the old master key has gone nobody is found by mail",
        file="liveshop/features/people/people.sql",
        old="UPDATE person SET mail_digest = $5 FROM wrapped",
        new="UPDATE person SET mail_digest = COALESCE(mail_digest, $5) FROM wrapped",
        tests=(
            f"{_STORE}"
            "::test_a_new_master_key_opens_what_the_old_one_sealed_and_replaces_it_for_good",
        ),
    ),
    Fault(
        name="a forgotten guest who goes on by its name",
        promise="an erased name comes back with the next word that its bearer says",
        file="liveshop/features/guests/room.py",
        old="viewer.identity = replace(viewer.identity, name=sub)",
        new="viewer.identity = viewer.identity",
        tests=(
            f"{_ERASURE}"
            "::test_a_forgotten_guest_is_called_by_its_id_where_it_is_joined_and_where_it_joins"
            "_again",
        ),
    ),
    Fault(
        name="a chat that keeps what a forgotten guest said",
        promise="an erased name stays in the newest chat, which everyone who joins is shown",
        file="liveshop/features/guests/http.py",
        old="            await services.engine.execute(session_id, DeleteChat(id=chat_id))",
        new="            continue",
        tests=(
            f"{_ERASURE}"
            "::test_after_an_erasure_name_and_mail_are_nowhere_and_the_order_stays_without_a_name",
        ),
    ),
    Fault(
        name="guests who are forgotten and do not count",
        promise="an address brings guests without end by forgetting each",
        file="liveshop/features/guests/http.py",
        old="    await services[_guests].forget(sub, session_id, services.engine.node.now_ms())\n",
        new=(
            "    await services[_guests].forget(sub, session_id, services.engine.node.now_ms())\n"
            '    gone = "DELETE FROM guest WHERE sub = $1"\n'
            "    await services.stores.database.commit(gone, sub)\n"
        ),
        tests=(f"{_HTTP}::test_an_address_brings_so_many_guests_an_hour_whatever_became_of_them",),
    ),
    Fault(
        name="a ban that leaves the viewer's network open",
        promise="whoever is banned is back as a guest a second later",
        file="liveshop/features/guests/room.py",
        old="        self._networks.note(ban, {digest",
        new="        self._networks.note(ban, {b'' and digest",
        tests=(
            f"{_BANS}"
            "::test_a_ban_of_a_connected_viewer_shuts_its_network_at_once_until_it_is_lifted",
        ),
    ),
    Fault(
        name="a network that stays shut after its ban",
        promise="a whole office is kept out of a shop for good",
        file="liveshop/features/guests/guests.sql",
        old="    AND (b.until_ms IS NULL OR b.until_ms > $4)\n",
        new="    AND $4::bigint > 0\n",
        tests=(f"{_BANS}::test_a_ban_for_a_time_shuts_a_network_for_that_time",),
    ),
    Fault(
        name="a ban that shuts a network everywhere",
        promise="a ban in one show keeps guests out of another shop's",
        file="liveshop/features/guests/guests.sql",
        old="    AND (n.session_id = $2 OR n.session_id = '' AND n.shop = COALESCE($3, ''))\n",
        new="    AND $2::text IS NOT NULL AND COALESCE($3::text, '') IS NOT NULL\n",
        tests=(f"{_BANS}::test_a_ban_of_a_guest_who_has_left_shuts_the_network_that_it_came_from",),
    ),
)
