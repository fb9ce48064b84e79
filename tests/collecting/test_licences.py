import pytest

from pixonomy.collecting.licences import KNOWN, check_license, read_policy, spdx_of
from pixonomy.collecting.search_results import Refused, SearchResult
from pixonomy.errors import SettingError

CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("name", "url", "known"),
    [
        # Commons' short names
        ("CC BY-SA 4.0", f"{CC}/licenses/by-sa/4.0", "CC-BY-SA-4.0"),
        ("CC BY 2.5", "", "CC-BY-2.5"),
        ("CC BY-SA 3.0 de", f"{CC}/licenses/by-sa/3.0/de/deed.en", "CC-BY-SA-3.0-DE"),
        ("CC0", "http://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("CC BY-SA 3.0 fr", "", None),  # a port that SPDX does not name
        ("Public domain", "", None),  # by which law, of which country
        # Openverse's
        ("by-nc-sa 2.0", f"{CC}/licenses/by-nc-sa/2.0/", "CC-BY-NC-SA-2.0"),
        ("pdm 1.0", f"{CC}/publicdomain/mark/1.0/", "CC-PDM-1.0"),
        ("cc0 1.0", "", "CC0-1.0"),
        ("by", "", None),
        # Flickr's
        ("CC BY-NC-ND 2.0", f"{CC}/licenses/by-nc-nd/2.0/", "CC-BY-NC-ND-2.0"),
        ("No known copyright restrictions", "https://www.flickr.com/commons/usage/", None),
        ("Public Domain Mark 1.0", "", "CC-PDM-1.0"),
        # pages' and lists'
        ("", f"{CC}/licenses/by/4.0/legalcode.de", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/", "", "CC-BY-4.0"),
        ("Attribution-ShareAlike 4.0 International", "", "CC-BY-SA-4.0"),
        ("Creative Commons Attribution Non-Commercial 4.0", "", "CC-BY-NC-4.0"),
        ("cc-by-4.0", None, "CC-BY-4.0"),
        ("MIT", "", "MIT"),
        (None, None, None),
    ],
)
def test_what_providers_say_is_told_by_its_spdx_name(
    name: str | None, url: str | None, known: str | None
) -> None:
    assert spdx_of(name, url) == known


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("CC BY 4.0", f"{CC}/licenses/by-nc/4.0/"),  # they contradict each other
        ("", "https://creativecommons.org.evil.example/licenses/by/4.0/"),
        ("", "javascript://creativecommons.org/licenses/by/4.0/"),
        ("", "http://[creativecommons.org/licenses/by/4.0/"),
        ("CC BY 4.0 but not for training", ""),
        ("CC BY-SA 4.0, 3.0", ""),
        ("CC BY 9.9", ""),
        ("no CC BY 4.0", ""),
    ],
)
def test_what_is_not_certain_has_no_name(name: str, url: str) -> None:
    assert spdx_of(name, url) is None


def test_a_policy_is_read_however_it_is_spelled_and_repeated() -> None:
    assert read_policy(["cc0-1.0, CC-BY-4.0", "CC-BY-SA-4.0"]) == {
        "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0",
    }  # fmt: skip
    assert read_policy([]) == frozenset()
    assert all(read_policy([one]) == {one} for one in KNOWN)


@pytest.mark.parametrize(("text", "hint"), [("CC BY 4.0", "CC-BY-4.0"), ("CC-BY-4", "CC-BY-4.0")])
def test_a_policy_of_unknown_names_is_refused_with_the_likely_one(text: str, hint: str) -> None:
    with pytest.raises(SettingError, match=f"did you mean {hint}"):
        read_policy([text])


def test_a_policy_passes_what_it_names_and_tells_of_the_others_why() -> None:
    policy = frozenset({"CC0-1.0"})
    check_license(SearchResult("1", "http://x/1", license="CC0"), policy)
    check_license(SearchResult("1", "http://x/1", license="all mine"), frozenset())
    for license, reason in [
        ("CC BY 4.0", "its licence CC-BY-4.0 is not among those asked for"),
        ("all mine", "its licence 'all mine' is not recognised, so that no policy passes it"),
        ("", "its licence is not named, so that no policy passes it"),
    ]:
        with pytest.raises(Refused) as error:
            check_license(SearchResult("1", "http://x/1", license=license), policy)
        assert str(error.value) == reason
