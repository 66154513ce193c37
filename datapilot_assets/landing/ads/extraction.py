"""What the objects of a file and the envelopes around them say together: its `Extraction`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from datapilot_assets.landing.ads.facts import AdsFact, Unfit
from datapilot_assets.landing.ads.google import google_page, google_total
from datapilot_assets.landing.ads.meta import meta_api_version, meta_page
from datapilot_domain.extractions import AdAccount, AdSlice, Extraction, Page, follows
from datapilot_domain.findings import found
from datapilot_domain.reasons import Refusal

# An extraction is an entry of the log: that many slices or action types are no report of any account.
_MOST_NAMED = 10_000


class Around:
    """What stood around the objects: pages of one file are one page, from its first to its last."""

    def __init__(self) -> None:
        self._page: Page | None = None
        self._total: int | None = None
        self._api_version: str | None = None

    def add(self, envelope: dict[str, Any]) -> None:
        """Raises Refusal ADS_ERROR_BODY, ADS_PAGES_APART."""
        if envelope.get("error") is not None:
            raise Refusal("ADS_ERROR_BODY", "platform_said", said=_error_words(envelope["error"]))
        is_meta = "data" in envelope or "paging" in envelope
        page = meta_page(envelope) if is_meta else google_page(envelope)
        self._api_version = self._api_version or meta_api_version(envelope)
        self._total = google_total(envelope) or self._total
        if self._page is None:
            self._page = page
            return
        apart = self._page.has_next or page.has_previous
        if is_meta and apart and not follows(self._page, page):
            raise Refusal("ADS_PAGES_APART", "pages_apart", after=str(self._page.after), before=str(page.before))
        changed = {"after": page.after, "has_next": page.has_next}
        self._page = self._page.model_copy(update=changed)

    def page(self, objects: int) -> Page:
        """A last page that holds fewer objects than the report has others before it."""
        page = self._page or Page()
        if self._total is not None and self._total > objects and not page.has_next:
            return page.model_copy(update={"has_previous": True})
        return page

    @property
    def api_version(self) -> str | None:
        return self._api_version


class Tally:
    """Accounts, days and names of the objects as they go by."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self._accounts: dict[str, AdAccount] = {}
        self._days: dict[tuple[str, str, tuple[str, ...]], tuple[dt.date, dt.date]] = {}
        self._action_types: dict[str, frozenset[str]] = {}
        self._windows: set[str | None] = set()

    def add(self, fact: AdsFact) -> None:
        """Raises Unfit ADS_ACCOUNT_DIFFERS, Refusal LIMIT_EXCEEDED."""
        known = self._accounts.get(fact.account_id)
        if known is None or (fact.currency, fact.time_zone) != (known.currency, known.time_zone):
            self._accounts[fact.account_id] = _merged(known or AdAccount(account_id=fact.account_id), fact)
        key = (fact.account_id, fact.level, fact.breakdown_set)
        first, last = self._days.get(key, (fact.reported_on, fact.reported_on))
        self._days[key] = (min(first, fact.reported_on), max(last, fact.reported_on))
        types = self._action_types.get(fact.account_id, frozenset())
        if not fact.action_types <= types:
            self._action_types[fact.account_id] = types = types | fact.action_types
        self._windows.add(fact.attribution_window)
        if max(len(self._days), len(types), len(self._windows)) > _MOST_NAMED:
            raise Refusal("LIMIT_EXCEEDED", "too_many_names", limit=_MOST_NAMED)

    def extraction(self, around: Around, objects: int) -> Extraction:
        """The attribution window is that of all objects, None where they differ: each says its own."""
        return Extraction(
            platform=self.platform,
            accounts=tuple(
                known.model_copy(update={"action_types": tuple(sorted(self._action_types.get(account, ())))})
                for account, known in sorted(self._accounts.items())
            ),
            slices=tuple(
                AdSlice(account_id=account, level=level, breakdown_set=names, first_day=first, last_day=last)
                for (account, level, names), (first, last) in sorted(self._days.items())
            ),
            attribution_window=next(iter(self._windows)) if len(self._windows) == 1 else None,
            api_version=around.api_version,
            page=around.page(objects),
        )


def _merged(account: AdAccount, fact: AdsFact) -> AdAccount:
    said = {"currency": (account.currency, fact.currency), "time_zone": (account.time_zone, fact.time_zone)}
    for name, (before, now) in said.items():
        if before and now and before != now:
            raise Unfit(
                "ADS_ACCOUNT_DIFFERS",
                name,
                found("account_differs", now=now, account=account.account_id, before=before),
            )
    return AdAccount(account_id=account.account_id, **{name: before or now for name, (before, now) in said.items()})


def _error_words(error: Any) -> str:
    """The platform's code and message; anything else of an error body may hold what the request held."""
    body = error if isinstance(error, dict) else {"message": error}
    code = " ".join(str(body[name]) for name in ("code", "type", "status") if body.get(name) is not None)
    return f"{code}: {str(body.get('message', 'no message'))[:300]}".removeprefix(": ")
