"""Nothing is wider than its screen, on no page, in no state, at no size."""

from tests.browser.life import EVERY_SIZE, Life, look, overflow


async def test_nothing_overflows_in_any_state_at_any_size(life: Life) -> None:
    wide: list[str] = []
    async for state in life.states():
        for size in EVERY_SIZE:
            if size in state.sizes:
                await look(state.page, size, "light")
                if await overflow(state.page) > 0:
                    wide.append(f"{state.name} {size}")
    assert wide == []
