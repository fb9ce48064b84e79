import pytest

from pixonomy.collecting.known import open_provider
from pixonomy.collecting.plan import plan_collection


def test_a_plan_follows_from_limits_paces_and_daily_budgets() -> None:
    commons = open_provider("commons", {}, None)
    openverse = open_provider("openverse", {}, None)
    slow, few = plan_collection([commons, openverse], 10, 12_000)
    assert (slow.pictures, slow.shortfall, slow.requests) == (100_000, 20_000, 2000)
    assert slow.media_hours == pytest.approx(100_000 / 4 / 3600, abs=0.01)
    assert slow.hours == slow.media_hours
    assert (few.pictures, few.requests) == (2400, 120)
    assert few.interface_hours == pytest.approx(120 * 3 / 3600, abs=0.01)
    (long,) = plan_collection([openverse], 50, 240)
    assert long.interface_hours == 48  # 600 requests, 200 a day: two nights to wait
    assert long.as_json()["hours"] == 48


def test_html_needs_permission_and_says_so() -> None:
    html = open_provider("html", {"search": "http://x/{keyword}"}, None)
    (plan,) = plan_collection([html], 1, 1)
    assert (plan.terms, plan.requests, plan.pictures) == ("not without permission", 1, 1)
