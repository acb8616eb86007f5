"""Bugs in who is let in: bans, revocations, and what a token is good for."""

from typing import Final

from tests.planted.fault import Fault

_BANS: Final = "tests/engine/test_bans.py"
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
        old="                    banned(viewer, ban)\n            self.take_back(ban.viewer_id)\n",
        new="                    banned(viewer, ban)\n",
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
)
