"""Bugs in who is let in: bans, revocations, and what a token is good for."""

from typing import Final

from tests.planted.fault import Fault

_BANS: Final = "tests/engine/test_bans.py"
_ACCESS: Final = "tests/engine/test_access.py"
_CLOSES: Final = "tests/edge/test_close_codes.py"

FAULTS: Final = (
    Fault(
        name="a ban that is not asked about over HTTP",
        promise="a banned buyer goes on buying through the merchant's backend",
        file="liveshop/engine/engine.py",
        old="        room.session.refuse_banned(buyer)\n        reply = Reply(buyer)\n",
        new="        reply = Reply()\n",
        tests=(f"{_BANS}::test_a_banned_buyer_reserves_nothing_over_http_either",),
    ),
    Fault(
        name="held units of a banned viewer that do not go back",
        promise="whoever is thrown out takes the units along",
        file="liveshop/engine/rooms/moderation.py",
        old="                banned(viewer, ban)\n            self.take_back(ban.viewer_id)\n",
        new="                banned(viewer, ban)\n",
        tests=(f"{_BANS}::test_a_ban_gives_held_units_back_and_leaves_orders_as_they_are",),
    ),
    Fault(
        name="units set aside for a buyer who is banned meanwhile",
        promise="a reservation under way outlives the ban",
        file="liveshop/engine/purchase/combiner.py",
        old="                self.on_banned(purchase.line.buyer)\n",
        new="                continue\n",
        tests=(
            f"{_BANS}"
            "::test_a_buy_under_way_when_its_buyer_is_banned_becomes_a_whole_order_or_nothing",
        ),
    ),
    Fault(
        name="a ban that only the bus tells of",
        promise="a node that missed a message lets the viewer in for ever",
        file="liveshop/engine/access.py",
        old="            with anyio.move_on_after(_LOOK_S):\n",
        new="            with anyio.move_on_after(1_000 * _LOOK_S):\n",
        tests=(
            f"{_BANS}::test_a_ban_whose_message_the_bus_loses_is_known_to_the_other_node"
            "_within_a_second",
        ),
    ),
    Fault(
        name="a ban that reaches its own role",
        promise="a moderator keeps another one out by banning its id",
        file="liveshop/core/access.py",
        old="identity.viewer_id == self.viewer_id and identity.role < self.role\n",
        new="identity.viewer_id == self.viewer_id and identity.role <= self.role\n",
        tests=("tests/core/test_access.py::test_a_ban_reaches_lower_roles_only",),
    ),
    Fault(
        name="a known token that is not asked about revocations",
        promise="a revoked token holds as long as the node remembers it",
        file="liveshop/edge/tokens.py",
        old="        if self._revocations and self._revocations.reach(known.grant):\n",
        new="        if self._revocations and not known:\n",
        tests=(f"{_CLOSES}::test_a_token_that_is_known_is_looked_at_again_once_it_was_revoked",),
    ),
    Fault(
        name="every revocation looks through all connections",
        promise="P7: a host who revokes two hundred times a second takes the loop from viewers",
        file="liveshop/edge/gateway.py",
        old="        self._has_revoked = True\n",
        new="        self._close_revoked()\n",
        tests=(
            f"{_CLOSES}"
            "::test_however_many_revocations_come_at_once_connections_are_looked_through_once",
        ),
    ),
    Fault(
        name="a bug in looking for revocations ends the node",
        promise="P7: a token that meets a bug of ours closes the connections of all viewers",
        file="liveshop/edge/gateway.py",
        old='            guest.close(CloseCode.BAD_TOKEN, "the token was revoked")\n'
        "    except Exception:\n",
        new='            guest.close(CloseCode.BAD_TOKEN, "the token was revoked")\n'
        "    except LiveshopError:\n",
        tests=(
            f"{_CLOSES}"
            "::test_a_bug_in_looking_for_revocations_costs_its_connection_and_nobody_else",
        ),
    ),
    Fault(
        name="an instant of a token that is not bounded",
        promise="a token with an end of 400 digits closes its connection with an error of ours",
        file="liveshop/core/claims.py",
        old="    return max(-_INSTANT_S_MAX, min(instant_s, _INSTANT_S_MAX))\n",
        new="    return instant_s\n",
        tests=(
            "tests/edge/test_tokens.py::test_an_instant_of_hundreds_of_digits_is_the_end_of_time",
        ),
    ),
    Fault(
        name="the staff is written to after its token has ended",
        promise="a lost token of a host reads every order for ever",
        file="liveshop/engine/fanout/audience.py",
        old="        self._staff.pop(viewer, None)\n\n    def has_buyer",
        new="        self._staff.get(viewer)\n\n    def has_buyer",
        tests=(
            "tests/engine/test_moderation.py"
            "::test_one_of_the_staff_whose_token_has_ended_is_written_nothing_for_the_staff",
        ),
    ),
    Fault(
        name="a token that begins later is told not to come back",
        promise="a viewer who is a minute early never sees the show",
        file="liveshop/edge/gateway.py",
        old="        if isinstance(refusal, NotYetValid):\n",
        new="        if isinstance(refusal, NotYetValid) and not refusal.begins_in_ms:\n",
        tests=(f"{_CLOSES}::test_a_token_that_begins_later_is_told_to_come_back_when_it_does",),
    ),
    Fault(
        name="a key that signs any role",
        promise="an identity provider that should name viewers makes hosts",
        file="liveshop/edge/tokens.py",
        old="            or grant.identity.role > self.role_max\n",
        new="            or grant.identity.role > Role.ADMIN\n",
        tests=(
            "tests/edge/test_tokens.py"
            "::test_a_key_is_trusted_with_its_issuer_audience_and_highest_role",
        ),
    ),
    Fault(
        name="a node that reads on where it was before PostgreSQL went away",
        promise="a ban that was lifted meanwhile holds there for ever",
        file="liveshop/engine/access.py",
        old="                self._version = _UNKNOWN\n                raise\n",
        new="                raise\n",
        tests=(
            f"{_ACCESS}"
            "::test_a_node_that_has_lost_postgres_knows_what_changed_meanwhile_once_it_is_back",
        ),
    ),
    Fault(
        name="bans that a node keeps after the last room that needs them",
        promise="each ban that was ever made takes memory on every node",
        file="liveshop/engine/access.py",
        old="                self.bans.forget(place)\n",
        new="                continue\n",
        tests=(
            f"{_ACCESS}::test_the_bans_of_a_place_are_forgotten_with_the_last_room_that_needs_them",
        ),
    ),
    Fault(
        name="a page of changes that the next one does not follow",
        promise="of many bans at once a node lets some viewers in",
        file="liveshop/stores/postgres/access.py",
        old='            records = await self._database.fetch(_SQL["bans_changed"], *args)\n'
        "            full = len(records) == self._page_max\n",
        new='            records = await self._database.fetch(_SQL["bans_changed"], *args)\n'
        "            full = False\n",
        tests=(f"{_ACCESS}::test_many_changes_at_once_are_read_in_pages_and_none_is_left_out",),
    ),
    Fault(
        name="a ban that was replaced ends with the one before it",
        promise="a viewer who is banned for longer comes back when the first ban would have ended",
        file="liveshop/core/ends.py",
        old="            if self._is_current(thing):\n                yield thing\n",
        new="            yield thing\n",
        tests=(
            "tests/core/test_ends.py::test_what_was_replaced_is_not_found",
            "tests/core/test_access_model.py::test_bans_are_those_that_a_list_of_all_would_have",
        ),
    ),
    Fault(
        name="bans at once that all find the last place free",
        promise="a limit that a script passes by asking quickly",
        file="liveshop/engine/access.py",
        old="self.bans.count(place) + self._being_banned[place]",
        new="self.bans.count(place)",
        tests=(f"{_ACCESS}::test_of_many_bans_at_once_only_as_many_are_made_as_have_room",),
    ),
    Fault(
        name="what the staff is refused on a socket leaves no trace",
        promise="the activity log has what somebody tried with a token that has ended",
        file="liveshop/core/connection.py",
        old="        return StaffRefusal(answer, role, action, object_named_in(message), "
        "refusal.code)\n",
        new="        return answer\n",
        tests=(
            "tests/core/test_connection.py"
            "::test_what_is_refused_after_a_staff_token_has_ended_is_told_with_its_role",
            "tests/features/activity/test_http.py"
            "::test_what_a_moderator_is_refused_over_the_socket_is_recorded",
        ),
    ),
    Fault(
        name="a token for one session taken for one of no shop",
        promise="a shop's host cannot throw out the bearer of a token for one of its own shows",
        file="liveshop/core/access.py",
        old="            shop = self._shops.get(grant.session_id)\n",
        new="            shop = None\n",
        tests=(
            "tests/core/test_access.py"
            "::test_a_token_for_one_session_is_of_the_shop_of_that_session",
            "tests/edge/http/test_revocations.py"
            "::test_a_shops_host_revokes_such_a_token_over_http_too",
        ),
    ),
)
