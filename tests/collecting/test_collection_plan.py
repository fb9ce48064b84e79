import pytest

from pixonomy.collecting.collection_plan import plan_collection
from pixonomy.collecting.known import open_provider


def test_a_plan_follows_from_limits_paces_and_daily_budgets() -> None:
    commons = open_provider("commons", {}, None)
    openverse = open_provider("openverse", {}, None)
    slow, few = plan_collection([commons, openverse], 10, 12_000).providers
    assert (slow.images, slow.shortfall, slow.requests) == (100_000, 20_000, 2000)
    assert slow.media_hours == pytest.approx(100_000 / 4 / 3600, abs=0.01)
    assert slow.hours == slow.media_hours
    assert (few.images, few.requests) == (2400, 120)
    assert few.interface_hours == pytest.approx(120 * 3 / 3600, abs=0.01)
    (long,) = plan_collection([openverse], 50, 240).providers
    assert long.interface_hours == 48  # 600 requests, 200 a day: two nights to wait
    assert long.as_result()["hours"] == 48


def test_html_needs_permission_and_says_so() -> None:
    html = open_provider("html", {"search": "http://x/{keyword}"}, None)
    (plan,) = plan_collection([html], 1, 1).providers
    assert (plan.terms, plan.requests, plan.images) == ("not without permission", 1, 1)


def test_pages_and_pictures_of_one_host_take_their_turns() -> None:
    settings = {"search": "http://x/{keyword}", "at_once": 2, "per_second": 2}
    rows, photos = (
        plan_collection([open_provider("html", one, None)], 10, 48).providers[0]
        for one in (settings, {**settings, "links": "a.photo"})
    )
    assert (rows.requests, photos.requests) == (20, 500)
    assert rows.hours == pytest.approx((20 + 2 + 480) / 2 / 3600, abs=0.001)
    assert photos.hours == pytest.approx((500 + 2 + 480) / 2 / 3600, abs=0.001)


def test_providers_in_turn_share_the_pictures() -> None:
    openverse, commons = open_provider("openverse", {}, None), open_provider("commons", {}, None)
    plan = plan_collection([openverse, commons], 10, 300)
    assert [one.images for one in plan.shares] == [2400, 600]
    assert plan.as_result()["plan"]["shortfall"] == 0
    assert plan.as_result()["plan"]["hours"] == pytest.approx(
        sum(one.hours for one in plan.shares), abs=0.001
    )
    short = plan_collection([openverse], 10, 300).as_result()
    assert (short["plan"]["pictures"], short["plan"]["shortfall"]) == (2400, 600)


def test_no_plan_is_shorter_than_what_a_machine_can_do() -> None:
    fast = {"base_url": "http://x/w/api.php", "per_second": 100_000}
    (plan,) = plan_collection([open_provider("commons", fast, None)], 10, 1000).providers
    assert plan.hours >= 10_000 * 0.01 / 3600
    assert plan.hours > 0
