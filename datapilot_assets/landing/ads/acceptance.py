"""Whether a file of ads data counts: its pages must all be there, and the later extraction wins (R26)."""

from __future__ import annotations

from collections.abc import Sequence

from datapilot_assets.landing.ads.decode import DecodedAds, decode_ads
from datapilot_assets.landing.ads.ledger import resolve
from datapilot_assets.landing.arrival import Arrival, entry_base
from datapilot_assets.landing.effects import touched_months
from datapilot_assets.landing.filing import check_size, indexes_of, keep_records, past_entries, replaced_entry
from datapilot_domain.contracts.ads import BRONZE_ADS, FAMILY
from datapilot_domain.extractions import Extraction, Page, follows, is_whole
from datapilot_domain.findings import Found, found
from datapilot_domain.fingerprints import NOTHING_LANDED
from datapilot_domain.landing import Declaration, Edges, LandingEntry, Notice, Verdict, content_id, first_of
from datapilot_domain.ledger import active_entries, counted_entries
from datapilot_domain.reasons import Refusal
from datapilot_resources.landing_log import LandingLog


def accept_ads(arrival: Arrival, log: LandingLog, declaration: Declaration) -> LandingEntry:
    """The entry of a readable file of ads data: accepted, or waiting for other pages. Raises Refusal."""
    if declaration.complete is not None:
        raise Refusal("DECLARATION_INVALID", "ads_complete")
    decoded = _decode(arrival)
    content = content_id(arrival.sha256, decoded.recipe)
    past = past_entries(arrival, log)
    replaced = replaced_entry(past, FAMILY, arrival.inbox_file.source, declaration)
    set_id = declaration.set_id
    others = waiting_pages(past, arrival.inbox_file.source, decoded.extraction, set_id)
    # A page that waits already may have come again: it is the same page.
    again = [entry for entry in others if entry.sha256 == arrival.sha256]
    others = [entry for entry in others if entry.sha256 != arrival.sha256]
    pages = [decoded.extraction.page, *(page.extraction.page for page in others if page.extraction)]
    pages += [taken.page for taken in _taken(past, arrival, decoded.extraction, set_id)]
    whole = is_whole(pages, declared=set_id is not None)
    if not whole and is_whole(pages[:1], declared=False):
        # It names no other page: what else of the set still waits is no matter of its own.
        whole, others = True, []
    entry = LandingEntry.model_validate(
        {
            **entry_base(arrival, log, declaration),
            "family": FAMILY,
            "verdict": Verdict.ACCEPTED if whole else Verdict.WAITING,
            "reason": None if whole else "PAGES_MISSING",
            "found": None if whole else _missing(decoded.extraction),
            "content_id": content,
            "extraction": decoded.extraction,
            "records": decoded.records,
            "main_month": decoded.main_month,
            "months": decoded.months,
            "replaces_seq": replaced.place if replaced else None,
            "joins": tuple(page.place for page in (*others, *again)) if whole else (),
            "notices": decoded.notices,
        }
    )
    index_file = keep_records(arrival, BRONZE_ADS[decoded.platform], content, decoded.records_file, decoded.index_file)
    if not whole:
        return entry
    every = [*log.entries, entry]
    indexes = {**indexes_of(arrival, FAMILY, log.entries, every), content: index_file}
    before = resolve(active_entries(log.entries, FAMILY), indexes)
    active = active_entries(every, FAMILY)
    stands = any(item.entry.seq == entry.seq for item in active)
    after = resolve(active, indexes, about=entry.seq if stands else None)
    notices = [*entry.notices, *_kept_campaigns(after.absent)]
    touched = touched_months(before.hashes, after.hashes)
    nothing = Edges(NOTHING_LANDED, NOTHING_LANDED)
    edges = {month: after.edges.get(month, nothing) for month in touched}
    return entry.model_copy(update={"touched": touched, "touched_edges": edges, "notices": tuple(notices)})


def _decode(arrival: Arrival) -> DecodedAds:
    """Decode once per arrival: a second decision on a newer log reuses it."""
    if arrival.decoded_ads is None:
        check_size(arrival)
        arrival.decoded_ads = decode_ads(
            arrival.path,
            file_name=arrival.inbox_file.file,
            source=arrival.inbox_file.source,
            sha256=arrival.sha256,
            organization=arrival.organization,
            arrived_on=arrival.arrived_on,
            first_month=arrival.platform.first_month,
            workdir=arrival.workdir,
        )
    return arrival.decoded_ads


def waiting_pages(
    entries: Sequence[LandingEntry], source: str, extraction: Extraction, set_id: str | None
) -> list[LandingEntry]:
    """Pages that wait for the same extraction: of its declared set, or linked to it by their cursors.

    Of a page that came several times all entries are answered.
    """
    joined = {place for entry in entries for place in entry.joins}
    pool = [
        entry
        for entry in entries
        if entry.family == FAMILY
        and entry.verdict is Verdict.WAITING
        and entry.source == source
        and entry.place not in joined
        and _same_accounts(entry.extraction, extraction)
    ]
    pages = [entry for entry in pool if set_id is not None and entry.declaration.set_id == set_id]
    linked = [extraction, *(entry.extraction for entry in pages)]
    for known in linked:  # grows while it is walked
        for entry in pool:
            other = entry.extraction
            if entry not in pages and known and other and _are_linked(known.page, other.page):
                pages.append(entry)
                linked.append(other)
    return pages


def _are_linked(one: Page, other: Page) -> bool:
    return one == other or follows(one, other) or follows(other, one)


def _taken(
    entries: Sequence[LandingEntry], arrival: Arrival, extraction: Extraction, set_id: str | None
) -> list[Extraction]:
    """What of the declared set counts already."""
    return [
        entry.extraction
        for entry in counted_entries(entries, FAMILY)
        if set_id is not None
        and entry.declaration.set_id == set_id
        and entry.sha256 != arrival.sha256
        and entry.extraction is not None
        and _same_accounts(entry.extraction, extraction)
        and entry.verdict is Verdict.ACCEPTED
    ]


def _same_accounts(one: Extraction | None, other: Extraction) -> bool:
    return one is not None and one.platform == other.platform and bool(one.account_ids & other.account_ids)


def _missing(extraction: Extraction) -> Found:
    page = extraction.page
    pages = [found("page_after", cursor=page.after or "?")] if page.has_next else []
    pages += [found("page_before", cursor=page.before or "?")] if page.has_previous else []
    return found("pages_missing", accounts=sorted(extraction.account_ids), pages=pages)


def _kept_campaigns(absent: Sequence[tuple[str | None, str | None]]) -> list[Notice]:
    if not absent:
        return []
    named = [f"{name or ''} ({campaign})".strip() for campaign, name in absent]
    return [Notice(code="CAMPAIGNS_KEPT", values={"count": str(len(absent)), "campaigns": first_of(named)})]
