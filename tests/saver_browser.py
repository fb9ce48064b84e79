"""A browser without a script for the saver's pages: it keeps cookies and fills in forms."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx
from bs4 import BeautifulSoup, Tag


class SaverBrowser:
    """One person's browser.

    Attributes:
        page: the last one.
        status: of it.
    """

    def __init__(self, address: str) -> None:
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
        self.page, self.status, self.path = BeautifulSoup("", "html.parser"), 0, ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()

    def get(self, path: str) -> Self:
        """Open a page."""
        return self._take(self.client.get(path))

    def send(
        self,
        selector: str = "main form",
        values: Mapping[str, str] | None = None,
        button: str | None = None,
        image: bytes | None = None,
    ) -> Self:
        """Fill in a form and press a button of it, `name=value`; None values leave a field out."""
        form = self.find(selector)
        fields = {
            str(one["name"]): str(one.get("value", ""))
            for one in form.select("input[name]")
            if one.get("type") not in {"file", "checkbox"} or one.has_attr("checked")
        }
        fields |= values or {}
        if button:
            name, _, value = button.partition("=")
            fields[name] = value
        address = str(form["action"])
        if image is None:
            return self._take(self.client.post(address, data=fields))
        files = {"image": ("a.jpg", image, "image/jpeg")}
        return self._take(self.client.post(address, data=fields, files=files))

    def show(self, image: bytes, **consents: str) -> Self:
        """Send a picture from the first page."""
        return self.get("/").send("#show", consents, image=image)

    def find(self, selector: str) -> Tag:
        """Return the first element; there must be one."""
        found = self.page.select_one(selector)
        assert found is not None, f"{selector} in {self.words()}"
        return found

    def words(self, selector: str = "main") -> str:
        """Return the text of an element."""
        return " ".join(self.find(selector).get_text(" ").split())

    def link(self, text: str) -> Self:
        """Follow the link of this text."""
        found = [one for one in self.page.select("a") if text == " ".join(one.get_text().split())]
        assert found, f"{text} in {self.words()}"
        return self.get(urljoin(self.path, str(found[0]["href"])))

    def _take(self, answer: httpx.Response) -> Self:
        self.page = BeautifulSoup(answer.text, "html.parser")
        self.status, self.path = answer.status_code, answer.url.raw_path.decode()
        self.answer = answer
        return self
