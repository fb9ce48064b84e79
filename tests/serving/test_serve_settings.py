"""Who is let in, and what is refused before anything starts."""

from pathlib import Path

import pytest

from pixonomy.errors import SettingError
from pixonomy.serving.serve_settings import (
    Rates,
    ServeSettings,
    check_admission,
    check_settings,
    is_loopback,
)

STATE = Path("state")


@pytest.mark.parametrize(
    ("host", "found"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("localhost", True), ("::1", True),
     ("0.0.0.0", False), ("::", False), ("10.0.0.1", False), ("example.org", False)],
)  # fmt: skip
def test_only_addresses_of_this_machine_alone_are_loopback(host: str, found: bool) -> None:
    assert is_loopback(host) is found


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (ServeSettings(), False),
        (ServeSettings(host="0.0.0.0"), True),
        (ServeSettings(host="0.0.0.0", public=True), False),
        (ServeSettings(behind_proxy=("127.0.0.1",)), True),
        (ServeSettings(behind_proxy=("127.0.0.1",), public=True), False),
    ],
)
def test_a_token_is_needed_where_others_can_come(settings: ServeSettings, needed: bool) -> None:
    assert settings.needs_token is needed


def test_only_this_machine_may_ask_as_often_as_it_likes() -> None:
    assert ServeSettings().rates is None
    assert ServeSettings(host="0.0.0.0").rates == Rates()
    assert ServeSettings(public=True).rates == Rates()
    assert ServeSettings(rate="5/minute").rates == Rates("5/minute", "5/minute")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ServeSettings(port=70000), "A port is a number from 0 to 65535, not 70000."),
        (ServeSettings(workers=0), "At least one worker has to classify, not 0."),
        (ServeSettings(models=Path("/no/such")), "There is no folder /no/such"),
        (ServeSettings(database="postgresql://db"), "--database needs --state DIR: without it"),
        (ServeSettings(pictures="s3://b/p"), "--pictures needs --state DIR: without it"),
        (ServeSettings(keep_days=30), "--keep-days needs --state DIR: without it"),
        (ServeSettings(embed_from=("https://a.org",)), "--embed-from needs --state DIR: without"),
        (ServeSettings(state=STATE, keep_days=0), "What is kept is kept for 1 day or more, not 0."),
        *(
            (ServeSettings(state=STATE, embed_from=(one,)), "--embed-from takes an origin such as")
            for one in ("app.org", "https://a.org/", "https://a.org; script-src *", "*", "ftp://a")
        ),
    ],
)
def test_what_cannot_work_is_refused(settings: ServeSettings, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        check_settings(settings)
    assert str(refused.value).startswith(message)


def test_settings_that_go_together_are_taken() -> None:
    origins = ("https://app.example.org", "http://localhost:3000", "http://[::1]:80")
    check_settings(ServeSettings(state=STATE, keep_days=1, embed_from=origins, pictures="p"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ServeSettings(host="0.0.0.0"), "0.0.0.0 can be reached by others, and there is no token"),
        (ServeSettings(behind_proxy=("10.0.0.1",)), "Behind a proxy, 127.0.0.1 can be reached"),
    ],
)
def test_what_would_be_open_by_mistake_is_refused(settings: ServeSettings, message: str) -> None:
    with pytest.raises(SettingError) as refused:
        check_admission(settings, tokens=0)
    assert str(refused.value).startswith(message)


def test_a_token_or_the_word_public_opens_it() -> None:
    check_admission(ServeSettings(host="0.0.0.0"), tokens=1)
    check_admission(ServeSettings(host="0.0.0.0", public=True), tokens=0)
