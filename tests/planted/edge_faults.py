"""Faults planted in what meets strangers first: connections, before and after they are viewers'."""

from typing import Final

from tests.planted.fault import Fault

_RAW: Final = "tests/edge/test_raw_socket.py::test"

FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        name="a descriptor is wrapped twice",
        promise="P7: a viewer that is slow to read makes the node close another's connection",
        file="liveshop/edge/raw_socket.py",
        old="""        self.detach()
        if not transport""",
        new="""        if not transport""",
        tests=(f"{_RAW}_a_descriptor_that_is_wrapped_again_and_let_go_of_stays_open",),
    ),
    Fault(
        name="frames overtake a handshake that did not leave whole",
        promise="P6: a viewer that is slow to read finds frames amid the response",
        file="liveshop/edge/viewer_socket.py",
        old="        if not self._transport.get_write_buffer_size():\n",
        new="        if self._transport is not None:\n",
        tests=(f"{_RAW}_nothing_overtakes_a_handshake_that_did_not_leave_whole",),
    ),
    Fault(
        name="a snapshot is copied for each joiner that does not read",
        promise="P7: joiners that do not read take a node's memory",
        file="liveshop/edge/viewer_socket.py",
        old="memoryview(frame)[written:] if written else frame",
        new="frame[written:]",
        tests=(f"{_RAW}_joiners_that_do_not_read_share_the_bytes_of_one_snapshot",),
    ),
)
