from decimal import Decimal

from pixonomy.dataset import goal_template
from pixonomy.goals.formulas import FORMULAS, questions_of, write_range


def test_every_formula_of_a_taxonomy_is_known() -> None:
    assert tuple(FORMULAS) == goal_template.FORMULAS
    assert set(goal_template.SHARES) == {
        name for name, one in FORMULAS.items() if "{share}" in one.per_unit
    }


def test_no_two_questions_share_a_key() -> None:
    keys = [question.key for one in FORMULAS.values() for question in one.questions]
    assert len(set(keys)) == len(keys)


def test_without_a_known_formula_nothing_is_asked() -> None:
    assert questions_of(None, "USD") == ()
    assert questions_of("phase of the moon", "USD") == ()


def test_numbers_are_written_without_zeros_behind_the_point_and_never_with_an_exponent() -> None:
    assert write_range(Decimal("3.0"), Decimal("6.50"), None) == "3 to 6.5"
    assert write_range(Decimal("1e3"), Decimal("1e+15"), None) == "1,000 to 1,000,000,000,000,000"
    assert write_range(Decimal("1e-6"), Decimal("0.1234567"), "EUR") == "0.000001 to 0.123457 euros"
    assert write_range(Decimal("1e-300"), Decimal("1e-300"), None) == "0"
