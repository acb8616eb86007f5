"""All planted bugs."""

from typing import Final

from tests.planted import (
    access_faults,
    admission_faults,
    ballot_faults,
    catalogue_faults,
    chat_faults,
    edge_faults,
    engine_faults,
    feature_faults,
    input_faults,
    integrator_faults,
    numbers_faults,
    offer_faults,
    overload_faults,
    pages_faults,
    people_faults,
    picture_faults,
    planning_faults,
    postgres_faults,
    protocol_faults,
    redis_faults,
    shared_faults,
    shop_faults,
    stock_faults,
    stream_faults,
    told_faults,
    viewer_faults,
    webhook_faults,
)
from tests.planted.fault import Fault

# Passes with any one of them: a fault that stops all selling is too coarse to prove a test.
SELLS: Final = "tests/engine/test_purchases.py::test_a_buy_is_reserved_then_confirmed"

FAULTS: Final[tuple[Fault, ...]] = (
    *redis_faults.FAULTS,
    *postgres_faults.FAULTS,
    *engine_faults.FAULTS,
    *feature_faults.FAULTS,
    *input_faults.FAULTS,
    *numbers_faults.FAULTS,
    *offer_faults.FAULTS,
    *edge_faults.FAULTS,
    *admission_faults.FAULTS,
    *overload_faults.FAULTS,
    *pages_faults.FAULTS,
    *protocol_faults.FAULTS,
    *ballot_faults.FAULTS,
    *catalogue_faults.FAULTS,
    *chat_faults.FAULTS,
    *people_faults.FAULTS,
    *shop_faults.FAULTS,
    *shared_faults.FAULTS,
    *access_faults.FAULTS,
    *picture_faults.FAULTS,
    *stock_faults.FAULTS,
    *stream_faults.FAULTS,
    *planning_faults.FAULTS,
    *told_faults.FAULTS,
    *viewer_faults.FAULTS,
    *webhook_faults.FAULTS,
    *integrator_faults.FAULTS,
)
