from datetime import date

from pixonomy.dataset.category import Category
from pixonomy.dataset.goal_template import GoalTemplate
from pixonomy.goals.template_check import check_goals
from pixonomy.results.data_results import GoalCheck

TODAY = date(2026, 11, 30)


def test_goals_are_counted_by_what_they_rest_on() -> None:
    goals = (
        GoalTemplate("Car", (1, 2), source="Edmunds", year=2024),
        GoalTemplate("Repair", (1, 2), source="AAA", year=2017),
        GoalTemplate("Sofa", (1, 2)),
        GoalTemplate("Fund", formula="months of spending", per_unit=(3, 6)),
        GoalTemplate("Boat"),
    )
    categories = [Category("a", "A", goals=goals[:2]), Category("b", "B", goals=goals[2:])]
    assert check_goals(categories, TODAY) == GoalCheck(
        count=5,
        sourced=2,
        guesses=("Sofa", "Fund"),
        without_sum=("Boat",),
        old=("Repair (2017)",),
    )


def test_where_there_are_no_goals_there_is_nothing_to_check() -> None:
    assert check_goals([Category("a", "A")], TODAY) is None
