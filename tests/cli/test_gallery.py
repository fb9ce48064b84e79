"""`pixonomy gallery serve`, as a person runs it."""

import re
import signal
import subprocess
import sys
import urllib.request

import pytest

from pixonomy.errors import SettingError
from pixonomy.progress import Context
from pixonomy.verbs.serve_gallery import serve_gallery


def test_the_site_runs_until_it_is_interrupted() -> None:
    command = [sys.executable, "-m", "pixonomy", "gallery", "serve", "--port", "0"]
    command += ["--pictures", "4"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+", line)
    assert found is not None, line
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert b"Photo gallery" in opener.open(found[0]).read()
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(timeout=20) == 0
    assert "\n[provider.commons]\nbase_url" in rest  # to be copied as it stands


def test_no_pictures_are_refused() -> None:
    with pytest.raises(SettingError, match="1 or more pictures"):
        serve_gallery(0, 0, 0, Context())
