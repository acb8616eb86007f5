"""Faults planted in what clients are told: names, their order, codes."""

from typing import Final

from tests.planted.fault import Fault

_SHOW: Final = (
    "tests/recording/test_show.py"
    "::test_a_whole_show_is_told_message_by_message_as_in_the_first_recording"
)

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="two fields of `confirmed` change places",
        promise="the contract: a client that reads fields in their order reads others",
        file="liveshop/core/messages.py",
        old="        total=order.total,\n        currency=order.currency,\n",
        new="        currency=order.currency,\n        total=order.total,\n",
        tests=(_SHOW,),
    ),
    Fault(
        name="a field of the orders in `welcome` has another name",
        promise="the contract: a client looks for a field that is no longer there",
        file="liveshop/core/messages.py",
        old='    fields["status"] = order.status.value\n',
        new='    fields["state"] = order.status.value\n',
        tests=(_SHOW,),
    ),
)
