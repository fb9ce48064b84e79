"""Asks for the next page of a search, checks and notes it, or reports why it could not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pixonomy.collecting.door import admit, clean
from pixonomy.collecting.faults import is_ours
from pixonomy.collecting.politeness import Politeness
from pixonomy.collecting.provider import Provider
from pixonomy.collecting.search_results import (
    BudgetSpent,
    GaveUp,
    Gone,
    Kind,
    Left,
    Page,
    Refused,
    Reply,
    Trouble,
)
from pixonomy.collecting.state_db import StateDatabase

_MOST_EMPTY = 100  # pages of a search without any image, one after the other
_MOST_MESSAGES = 20  # sentences about the pages of a provider
_MOST_TOTAL = 2**53


@dataclass
class Searching:
    """Turns the pages of searches.

    Attributes:
        report: told once about each thing that people should know.
        clock: seconds since 1970.
    """

    state_db: StateDatabase
    politeness: Politeness
    report: Callable[[str], None]
    clock: Callable[[], float]
    _stopped: Counter[tuple[str, str]] = field(default_factory=Counter, init=False)
    _reported: Counter[str] = field(default_factory=Counter, init=False)
    _sentences: set[tuple[str, str]] = field(default_factory=set, init=False)
    _empty: Counter[tuple[str, str, str]] = field(default_factory=Counter, init=False)

    async def turn_page(self, provider: Provider, category: str, keyword: str) -> bool:
        """Ask for a search's next page and note it; tell whether there may be more in this run."""
        key = (provider.name, category, keyword)
        search = self.state_db.search(*key)
        if search.is_over:
            return False
        try:
            page = await self._find(provider, keyword, search.next)
        except Left:
            return False  # its host is told at the end
        except (Refused, Gone, Trouble, BudgetSpent) as reason:
            self._stop(provider.name, keyword, str(reason))
            return False
        except Exception as error:
            if is_ours(error):
                raise
            self._stop(provider.name, keyword, f"its page makes no sense ({type(error).__name__})")
            return False
        self._note(key, page)
        self._report_sentences(provider.name, keyword, page.messages)
        self._empty[key] = 0 if page.search_results else self._empty[key] + 1
        if self._empty[key] >= _MOST_EMPTY:
            self._stop(provider.name, keyword, f"{_MOST_EMPTY} pages in a row had no pictures")
            return False
        return page.next is not None

    def report_rest(self) -> None:
        """Tell how many more searches ended for a reason that was told of one."""
        for (provider, reason), count in self._stopped.items():
            if count > 1:
                more = "keyword" if count == 2 else "keywords"
                self.report(f"{provider}, {count - 1:,} more {more}: {reason}.")

    def _note(self, key: tuple[str, str, str], page: Page) -> None:
        admitted = [admit(one) for one in page.search_results]
        total = page.total
        is_count = isinstance(total, int) and 0 <= total <= _MOST_TOTAL
        search_results = tuple(one.hit for one in admitted)
        noted = Page(search_results, page.next, total if is_count else None)
        self.state_db.add_page(*key, noted, self.clock())
        for one in admitted:
            if one.problem is not None:
                self.state_db.close_image(one.hit.image_url, "refused", one.problem)

    def _stop(self, provider: str, keyword: str, reason: str) -> None:
        reason = clean(reason, 500)
        self._stopped[provider, reason] += 1
        if self._stopped[provider, reason] == 1:
            self.report(f"{provider}, {keyword!r}: {reason}. Run again to go on.")

    def _report_sentences(self, provider: str, keyword: str, sentences: tuple[str, ...]) -> None:
        for one in sentences:
            if (provider, one) not in self._sentences and self._reported[provider] < _MOST_MESSAGES:
                self._sentences.add((provider, one))
                self._reported[provider] += 1
                self.report(f"{provider}, {keyword!r}: {clean(one, 500)}.")

    async def _find(
        self, provider: Provider, keyword: str, at: Mapping[str, object] | None
    ) -> Page:
        """Ask for a page, again where what comes makes no sense; each address only so often."""
        asked: Counter[str] = Counter()
        last = ""

        async def get(
            url: str,
            kind: Kind,
            *,
            headers: Mapping[str, str] | None = None,
            form: Mapping[str, str] | None = None,
        ) -> Reply:
            nonlocal last
            last = url if kind == "api" else last
            return await self.politeness.get(url, kind, provider.name, headers, form, asked)

        retry_policy = self.politeness.retry_policy
        failures = 0
        while True:
            try:
                return await provider.find(keyword, at, get)
            except (Left, GaveUp):
                raise
            except Trouble as trouble:
                failures += 1
                if max(failures, asked[last]) >= retry_policy.attempts:
                    raise
                if trouble.wait_seconds is not None and last:
                    name, reason = provider.name, clean(str(trouble), 200)
                    await self.politeness.rest(last, name, trouble.wait_seconds, reason)
                else:
                    await asyncio.sleep(retry_policy.pause(failures))
