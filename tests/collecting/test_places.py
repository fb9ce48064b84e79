import asyncio

from pixonomy.collecting.places import Places


async def enter(places: Places, has_given: bool, inside: list[int], leave: asyncio.Event) -> None:
    async with places.take() as give:
        inside.append(1)
        if has_given:
            give()
            give()  # once is all there is to give
        await leave.wait()


def count(has_given: bool, beside: int) -> tuple[int, int]:
    """Return how many of ten are inside at once, with two places, and how many came in all."""

    async def work() -> tuple[int, int]:
        places, leave = Places(2, beside), asyncio.Event()
        inside: list[int] = []
        tasks = [asyncio.create_task(enter(places, has_given, inside, leave)) for _ in range(10)]
        for _ in range(30):
            await asyncio.sleep(0)
        at_once = len(inside)
        leave.set()
        await asyncio.gather(*tasks)
        assert places.beside == beside
        return at_once, len(inside)

    return asyncio.run(work())


def test_so_many_are_inside_at_once_and_those_that_gave_their_place_beside() -> None:
    assert count(False, 3) == (2, 10)
    assert count(True, 3) == (5, 10)
    assert count(True, 100) == (10, 10)
