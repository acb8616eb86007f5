"""Bugs in what keeps the shops of one engine out of each other's way."""

from typing import Final

from tests.planted.fault import Fault

_PAYMENTS: Final = "tests/stores/postgres/test_payments_of_shops.py"

FAULTS: Final = (
    Fault(
        name="payment ids are one space for all shops",
        promise="P3: two shops count their payments 1, 2, 3, and one's money is refused",
        file="liveshop/stores/postgres/payments.py",
        old='            if stored["shop"] == shop:\n',
        new='            if stored["id"] == stored_id:\n',
        tests=(f"{_PAYMENTS}::test_two_shops_and_none_each_get_a_payment_with_the_same_id",),
    ),
    Fault(
        name="a payment that a node of the release before has recorded is not found",
        promise="P3: while nodes are replaced, a payment sent again becomes a second one",
        file="liveshop/stores/postgres/payment_records.py",
        old="    return payment_id, f",
        new='    return f"{_SEPARATOR}{payment_id}", f',
        tests=(f"{_PAYMENTS}::test_what_a_node_of_the_release_before_has_recorded_is_known",),
    ),
    Fault(
        name="a refund marked as made in whichever shop has the id",
        promise="P3: a shop's buyer never gets back what another shop says it has refunded",
        file="liveshop/stores/postgres/payments.py",
        old="        if len(found) > 1:\n",
        new="        if len(found) > 2:\n",
        also=(
            ("        (stored,) = found\n", "        stored = found[0]\n"),
            (
                'fetch(_SQL["payments_given_id"], payment_id, shop, order_id)',
                'fetch(_SQL["payments_given_id"], payment_id, None, order_id)',
            ),
        ),
        tests=(
            f"{_PAYMENTS}::test_a_refund_is_of_the_shop_that_made_it",
            "tests/edge/http/test_payments_of_shops.py"
            "::test_a_shop_marks_only_its_own_payment_of_an_id_as_refunded",
        ),
    ),
)
