"""Images that ended a worker are known again."""

from hashlib import sha256

from pixonomy.serving.refused_images import RefusedImages


def test_an_image_is_known_again_and_no_other() -> None:
    refused = RefusedImages()
    assert b"bomb" not in refused
    assert refused.add(b"bomb") == sha256(b"bomb").hexdigest()
    assert b"bomb" in refused
    assert b"gift" not in refused


def test_only_the_last_ones_are_kept() -> None:
    refused = RefusedImages(kept=2)
    for image in (b"one", b"two", b"two", b"six"):
        refused.add(image)
    assert [image in refused for image in (b"one", b"two", b"six")] == [False, True, True]
