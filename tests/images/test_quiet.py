import io
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from PIL import Image

from pixonomy.images.decode import decode
from pixonomy.images.quiet import Quiet


def odd_png() -> bytes:
    """Give a PNG that Pillow warns of: a palette whose transparency is given as bytes."""
    stream = io.BytesIO()
    Image.new("RGB", (300, 300)).quantize(4).save(stream, "PNG", transparency=bytes(4))
    return stream.getvalue()


def warn_as(module: str) -> None:
    code = compile("import warnings; warnings.warn('said')", "x.py", "exec")
    exec(code, {"__name__": module})


def test_only_warnings_of_pillow_and_of_decoding_are_kept_back() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with Quiet():
            warn_as("PIL.PngImagePlugin")
            warn_as("pixonomy.images.general")
            warn_as("somebody.else")
        warn_as("PIL.PngImagePlugin")
    assert len(caught) == 2


def test_many_threads_leave_the_filters_as_they_were() -> None:
    before, data, seen = list(warnings.filters), odd_png(), []

    def work() -> None:
        for _ in range(60):
            decode(data)
            with Quiet():
                seen.append(len(warnings.filters))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before
    assert max(seen) == len(before) + 1


def test_the_filters_are_restored_though_somebody_swapped_the_list_meanwhile() -> None:
    before = list(warnings.filters)
    inside = Quiet()
    with warnings.catch_warnings():
        inside.__enter__()
    inside.__exit__(None, None, None)
    assert warnings.filters == before


def test_an_error_ends_the_quiet_too() -> None:
    before = list(warnings.filters)
    with pytest.raises(ValueError, match="x"), Quiet():
        raise ValueError("x")
    assert warnings.filters == before


IMPORTED = """
import io, warnings
import cv2, numpy, scipy.fftpack
from PIL import Image, ImageFile
def state():
    return (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES, ImageFile.MAXBLOCK,
            cv2.getNumThreads(), cv2.useOptimized(), numpy.geterr(), list(warnings.filters))
before = state()
from pixonomy.images.image_hash import examine
from pixonomy.images.quality import measure_quality
from pixonomy.images.resize import ResizeSpec, frame
import pixonomy
assert state() == before, "importing"
for format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "ICO"):
    stream = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(stream, format)
    frame(stream.getvalue(), ResizeSpec(64))
    measure_quality(examine(stream.getvalue()).pixels)
assert state() == before, "decoding"
Image.open(io.BytesIO(b"P5 6000 4500 255\\n" + bytes(27_000_000))).load()
"""


def test_importing_and_decoding_change_nothing_of_the_process() -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", IMPORTED], check=True)


def test_the_picture_itself_is_read() -> None:
    assert np.array_equal(decode(odd_png()), np.zeros((300, 300, 3), np.uint8))
