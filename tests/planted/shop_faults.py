"""Bugs in what keeps shops apart."""

from typing import Final

from tests.planted.fault import Fault

_SHOPS: Final = "tests/edge/http/test_shops.py"
_ACTIVITY: Final = "tests/features/activity/test_http.py"
_KEYS: Final = "tests/edge/http/test_keys.py"
_EVERY: Final = (
    f"{_SHOPS}"
    "::test_every_operation_that_names_a_thing_of_another_shop_is_refused_and_changes_nothing"
)

FAULTS: Final = (
    Fault(
        name="a host of another shop ends a show",
        promise="a host changes nothing of another shop",
        file="liveshop/edge/http/endpoint.py",
        old="    shop = await require_own(services, caller, operation, path, asks=records)\n",
        new="    shop = None\n",
        tests=(_EVERY, f"{_SHOPS}::test_no_command_of_another_shops_host_reaches_a_show"),
    ),
    Fault(
        name="a token of another shop joins a show",
        promise="a host changes nothing of another shop, over the socket either",
        file="liveshop/engine/rooms/viewer_admission.py",
        old='            require_shop(identity.shop, shop, "session", session_id)\n',
        new='            require_shop(None, shop, "session", session_id)\n',
        tests=(f"{_SHOPS}::test_a_token_of_another_shop_finds_no_session_over_the_socket",),
    ),
    Fault(
        name="an import overwrites the product of another shop",
        promise="a host changes nothing of another shop",
        file="liveshop/core/catalogue.py",
        old="        if before is not None and before.shop != self._shop:\n",
        new="        if before is not None and self._shop and before.shop is None:\n",
        tests=(f"{_SHOPS}::test_an_import_never_changes_another_shops_product",),
    ),
    Fault(
        name="a show takes stock of another shop",
        promise="a host changes nothing of another shop",
        file="liveshop/core/shops.py",
        old="    return session_shop == product_shop\n",
        new="    return product_shop in (None, session_shop)\n",
        tests=(f"{_SHOPS}::test_a_show_sells_only_what_belongs_to_its_own_shop",),
    ),
    Fault(
        name="any API key may report a payment",
        promise="a key does only what its scopes name",
        file="liveshop/edge/http/orders.py",
        old="        handler=confirm_order,\n        scope=Scope.PAYMENTS,\n",
        new="        handler=confirm_order,\n        scope=Scope.ORDERS,\n",
        tests=(f"{_KEYS}::test_a_key_for_orders_reports_no_payment",),
    ),
    Fault(
        name="the scopes of a key are not looked at",
        promise="a key does only what its scopes name",
        file="liveshop/edge/http/callers.py",
        old="        if scopes is not None and scope not in scopes:\n",
        new="        if not scopes and scopes is not None and scope not in scopes:\n",
        tests=(f"{_KEYS}::test_every_operation_needs_its_scope_of_a_key",),
    ),
    Fault(
        name="a key is good beyond its end while it is known",
        promise="a key does nothing after its end",
        file="liveshop/edge/http/gate.py",
        old="        if key.expired(self._now_ms()):\n",
        new="        if self._keys.recall(token) is None and key.expired(self._now_ms()):\n",
        tests=(
            "tests/edge/http/test_gate.py"
            "::test_a_key_ends_at_its_instant_however_lately_it_was_looked_up",
        ),
    ),
    Fault(
        name="an attempt on another shop leaves no trace",
        promise="the activity log has what was refused across shops",
        file="liveshop/edge/http/recording.py",
        old="        log.record_refusal(by, action, **",
        new="        isinstance(refusal, OtherShop) or log.record_refusal(by, action, **",
        tests=(f"{_ACTIVITY}::test_what_people_of_another_shop_try_is_told_to_the_shop",),
    ),
    Fault(
        name="the end of a show leaves no trace",
        promise="the activity log has every change of a host",
        file="liveshop/stores/postgres/sessions.py",
        old="            if activity is not None:\n",
        new="            if activity is not None and status is not Status.ENDED:\n",
        tests=(f"{_ACTIVITY}::test_what_a_host_changes_over_http_is_recorded",),
    ),
    Fault(
        name="a mute leaves no trace",
        promise="the activity log has what moderators change without the log of the show",
        file="liveshop/engine/rooms/room.py",
        old="                self._record(command, asker.identity)\n",
        new="",
        tests=(f"{_ACTIVITY}::test_what_a_moderator_changes_over_the_socket_is_recorded",),
    ),
    Fault(
        name="what waits for the activity log is lost at a stop",
        promise="a clean stop loses no entry of the activity log",
        file="liveshop/engine/activity.py",
        old="                await self.flush()\n",
        new="                pass\n",
        tests=("tests/engine/test_activity.py::test_what_waits_is_written_before_a_node_stops",),
    ),
    Fault(
        name="the orders of all shops are listed",
        promise="a host sees nothing of another shop",
        file="liveshop/edge/http/orders.py",
        old="buyer=buyer, shop=call.caller.shop\n",
        new="buyer=buyer, shop=None\n",
        tests=(f"{_SHOPS}::test_lists_have_only_what_is_of_the_callers_shop",),
    ),
)
