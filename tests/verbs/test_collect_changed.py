"""Settings of a provider that were changed between two runs."""

from io import BytesIO
from pathlib import Path

from aiohttp import web
from PIL import Image

from photo_site import QUICK, Script, Serve, write_taxonomy
from pixonomy.progress import Context
from pixonomy.results.json_record import Result
from pixonomy.verbs.collect import CollectChoices, collect


def image(_request: web.Request) -> web.Response:
    file = BytesIO()
    Image.new("RGB", (80, 80), "red").save(file, "JPEG")
    return web.Response(body=file.getvalue(), content_type="image/jpeg")


def test_a_search_that_found_nothing_begins_again_with_the_selector_that_was_mended(
    serve: Serve, tmp_path: Path
) -> None:
    page = '<a class="foto" href="/1.jpg">1</a><a href="/">2</a>'
    script = Script(
        {
            "/search": [lambda _: web.Response(text=page, content_type="text/html")],
            "/1.jpg": [image],
        }
    )
    address, said = serve(script), list[str]()

    def run(links: str, per_second: int) -> Result:
        settings = (
            f'\n[provider.html]\nsearch = "{address}/search?q={{keyword}}"\nlinks = "{links}"\n'
            f'per_second = {per_second}\nprivate_hosts = ["127.0.0.1"]\n'
        )
        taxonomy = write_taxonomy(tmp_path, {"travel": ["beach"]}, settings)
        choices = CollectChoices(("html",), 5, permission="ours", retry_policy=QUICK)
        return collect(taxonomy, tmp_path / "out", choices, context=Context(report=said.append))

    assert run("a.photo", 500)["pictures"] == 0
    assert said == [
        "html, 'beach': selector `a.photo` (links) matched 0 of 2 links on "
        f"{address}/search?q=beach."
    ]
    assert run("a.foto", 500)["pictures"] == 1
    assert said[1] == "[provider.html] was changed: 1 of its searches begin again."
    assert run("a.foto", 400)["pictures"] == 1
    assert len(said) == 2
    assert script.count("/search") == 2
