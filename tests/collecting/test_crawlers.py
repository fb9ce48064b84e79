import pytest

from pixonomy.collecting.crawlers import means_us


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [("pixonomy", True), ("Pixonomy/1.0", True), ("GPTBot", True), ("gptbot/1.2", True),
     ("google-extended", True), ("Kangaroo Bot", True), ("googlebot", False), ("bingbot", False),
     ("OAI-SearchBot", False), ("ChatGPT-User", False), ("", False), ("*", False)],
)  # fmt: skip
def test_we_are_meant_by_our_name_and_with_all_who_train(name: str, is_ours: bool) -> None:
    assert means_us(name, "pixonomy") is is_ours
