"""A database of any earlier release becomes one of this release, with all its rows."""

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import pixonomy.state
from pixonomy.errors import SettingError
from pixonomy.goals.goal_fields import GoalFields
from pixonomy.state.migrate import NEWEST
from pixonomy.state.setting_rows import write_setting
from pixonomy.state.state_tables import metadata
from pixonomy.state.tokens import Token, TokenStore
from postgres import PostgreSQL
from stores import ANSWERED, ON_BOTH_DATABASES, Place

RELEASE_1 = Path(__file__).with_name("release_1.sql")
SCRIPTS = Path(pixonomy.state.__file__).with_name("migrations")


def make_release_1(state: Path) -> None:
    with closing(sqlite3.connect(state / "state.sqlite")) as connection:
        connection.executescript(RELEASE_1.read_text())


def test_the_rows_of_the_first_release_are_all_there(tmp_path: Path) -> None:
    make_release_1(tmp_path)
    with closing(Place(tmp_path).open()) as store:
        saver = store.find_saver("cookie:of the first release")
        assert saver is not None
        upload = store.uploads(saver.id)[0]
        assert (upload.label, upload.verdict, upload.confidence) == ("travel", "sure", 0.9)
        assert (upload.top, upload.has_image, upload.improve) == (ANSWERED.top, True, True)
        goal = store.goals(saver.id)[0]
        assert (goal.version, goal.upload_id) == (2, upload.id)
        assert goal.fields == GoalFields(
            "Two weeks in Łódź", "travel", Decimal("2000.05"), "USD", date(2027, 7, 1),
            Decimal("12.30"),
        )  # fmt: skip
        assert store.secret == bytes(range(32))
        assert store.change_goal(saver.id, goal.id, 2, GoalFields("Trip")) is not None
        with store.database.read() as connection:
            assert connection.execute(text("SELECT text FROM corrections")).scalar() == "a boat"
            assert connection.execute(text("SELECT number FROM counts")).scalar() == 3
        tokens = TokenStore(store.database)
        assert tokens.check("pixonomy_of-release-1") == Token("app", frozenset({"classify"}))


@ON_BOTH_DATABASES
def test_the_newest_migration_makes_exactly_the_tables_that_are_worked_with(place: Place) -> None:
    with closing(place.open()) as store, store.database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_there_is_a_step_to_each_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    scripts = ScriptDirectory.from_config(config)
    versions = [int(one.revision) for one in scripts.walk_revisions()]
    assert versions == list(range(NEWEST, 0, -1))


@ON_BOTH_DATABASES
def test_a_database_of_a_newer_release_is_refused_and_left_as_it_is(place: Place) -> None:
    with closing(place.open()) as store, store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '7'"))
        write_setting(connection, "release", b"9.9.9")
    with pytest.raises(
        SettingError, match=r"the database version 7, made by Pixonomy 9\.9\.9.*up to 1"
    ):
        place.open()


def test_an_empty_database_in_postgresql_gets_all_tables(
    postgresql: PostgreSQL, postgresql_address: str, tmp_path: Path
) -> None:
    with closing(Place(tmp_path, postgresql_address).open()) as store:
        saver = store.make_saver("cookie:a")
        assert store.add_goal(saver.id, GoalFields("Trip"), None).version == 1
