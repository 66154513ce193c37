"""One month's insights: find the facts, verify them, have them worded, verify the words, keep everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from pydantic import ValidationError

from datapilot_assets.insights.author import Unusable, Written, author_hash, write
from datapilot_assets.insights.choose import chosen
from datapilot_assets.insights.coverage import SalesCoverage
from datapilot_assets.insights.find import Finder, complete_ads_months
from datapilot_assets.insights.gold import Gold, Tables
from datapilot_assets.insights.offline import offline_draft, own_words
from datapilot_assets.insights.state import declared_months, restated_versions
from datapilot_assets.insights.verify import DraftVerifier, fact_faults
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.insights import PUBLISHED
from datapilot_domain.insights.draft import Draft
from datapilot_domain.insights.fact import Fact
from datapilot_domain.insights.plain import Names
from datapilot_domain.insights.text_rules import Fault, TextRules
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.ledger import Attempt
from datapilot_resources.llm import LanguageModel
from datapilot_resources.platform import Platform

# Dimensions of gold whose members are names that no text may hold outside a slot.
_DIMENSIONS = ("product", "category", "channel", "state", "payment_method", "store", "campaign", "platform", "source")


@dataclass(frozen=True)
class Insight:
    """A verified fact with the verified text that tells it. `codes`: why a model's text was not taken."""

    fact: Fact
    draft: Draft
    author: str
    status: str
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """What was not published, as it came."""

    kind: str
    fact_id: str | None
    faults: tuple[Fault, ...]
    text: str
    author: str


@dataclass(frozen=True)
class MonthInsights:
    """All that became of one month."""

    month: Month
    facts: Sequence[Fact]
    faults: Mapping[str, Sequence[Fault]]
    insights: Sequence[Insight]
    rejected: Sequence[Rejected]
    attempts: Sequence[Attempt] = ()
    # Drafts that the model handed in, and those of them that were published.
    drafted: int = 0
    accepted: int = 0
    # Why the model's answer could not be used at all.
    code: str | None = None
    model: str | None = None

    @property
    def defects(self) -> int:
        """Methods that failed, facts that did not compute again, and words of our own that the verifier refused."""
        return sum(item.author == "offline" for item in self.rejected)


@dataclass(frozen=True)
class Reading:
    """One organization's gold, opened once for all the months of a run."""

    platform: Platform
    organization: Organization
    tables: Tables
    finder: Finder
    rules: TextRules


@contextmanager
def reading(platform: Platform, organization: Organization) -> Iterator[Reading]:
    """Open the organization's gold at today's versions."""
    with Tables(platform.lakehouse, organization.org_id) as tables:
        gold = Gold(platform.lakehouse, organization, tables)
        daily = platform.lakehouse.read(CONTRACTS["gold.sales_daily"], organization.org_id, columns=["date"])
        sales = SalesCoverage(daily["date"].to_pylist(), declared_months(platform, organization))
        finder = Finder(gold, sales, complete_ads_months(gold), restated_versions(platform, organization))
        names = {name for dimension in _DIMENSIONS for name in gold.names(dimension).values()}
        names |= {key for dimension in _DIMENSIONS for key in gold.members(dimension) if key is not None}
        rules = TextRules(
            language=organization.locale,
            direction="none",
            entity_names=Names.of(names, own_words()),
            other_names=Names.of(_others(platform, organization), own_words()),
        )
        yield Reading(platform, organization, tables, finder, rules)


def _others(platform: Platform, organization: Organization) -> Iterator[str]:
    for org in platform.registry.list():
        if org != organization.org_id:
            yield str(org)
            yield platform.registry.get(org).name


def write_month(reading: Reading, month: Month, run_id: str, model: LanguageModel | None) -> MonthInsights:
    """Facts, texts and rejections of one month. Publishes nothing that was not verified, and blocks no month."""
    org = reading.organization.org_id
    facts, failed = reading.finder.found(month)
    faults = {fact.id: fact_faults(fact, org, reading.tables) for fact in facts}
    sound = [fact for fact in facts if not faults[fact.id]]
    rejected = [
        Rejected("fact", fact.id, tuple(faults[fact.id]), fact.model_dump_json(), "offline")
        for fact in facts
        if faults[fact.id]
    ]
    rejected += [Rejected("method", None, (Fault("METHOD_FAILED", what),), "", "offline") for what in failed]
    told = chosen(sound)
    verifier = DraftVerifier({fact.id: fact for fact in told}, reading.rules)
    # Our own words hold no names; a category that is called like one of them must not silence it.
    ours = DraftVerifier(verifier.facts, TextRules(language=reading.rules.language))
    known = {fact_id: draft for fact_id, draft in _kept_drafts(reading, month, model) if fact_id in verifier.facts}
    missing = [fact for fact in told if fact.id not in known]
    written = write(model, reading.organization, month, missing, run_id) if model and missing else Written()
    rejected += [_unusable(answer) for answer in written.unusable]
    accepted = _accepted(verifier, [*known.values(), *written.drafts], rejected)
    refused = {item.fact_id: tuple(dict.fromkeys(f.code for f in item.faults)) for item in rejected if item.fact_id}
    insights = []
    for fact in told:
        draft = accepted.get(fact.id)
        if draft is not None:
            insights.append(Insight(fact, draft, "model", "verified"))
            continue
        codes = refused.get(fact.id, ()) or ((written.code or "LLM_SILENT",) if model else ())
        offline = offline_draft(fact, reading.organization.locale)
        if found := ours.faults(offline):  # a defect of ours: it costs this one insight, and the check says so
            rejected.append(Rejected("draft", fact.id, tuple(found), offline.model_dump_json(), "offline"))
        else:
            insights.append(Insight(fact, offline, "offline", "fallback" if model else "verified", codes))
    return MonthInsights(
        month,
        facts,
        faults,
        insights,
        rejected,
        written.attempts,
        drafted=len(written.drafts),
        accepted=sum(accepted.get(draft.claim_fact_id) is draft for draft in written.drafts),
        code=written.code,
        model=written.model,
    )


def _accepted(verifier: DraftVerifier, drafts: Sequence[Draft], rejected: list[Rejected]) -> dict[str, Draft]:
    """Drafts that hold, by fact, in the order they came; the others join the rejected."""
    accepted: dict[str, Draft] = {}
    for draft in drafts:
        found = verifier.faults(draft, list(accepted.values()))
        if found:
            rejected.append(Rejected("draft", draft.claim_fact_id, tuple(found), draft.model_dump_json(), "model"))
        else:
            accepted[draft.claim_fact_id] = draft
    return accepted


def _unusable(answer: Unusable) -> Rejected:
    return Rejected("answer", None, (Fault(answer.code, answer.detail),), answer.text, "model")


def _kept_drafts(reading: Reading, month: Month, model: LanguageModel | None) -> Iterator[tuple[str, Draft]]:
    """The model's texts of last time by fact, asked in the same way: no call for these."""
    if model is None:
        return
    columns = ["insight_id", "draft", "author", "author_hash"]
    rows = reading.platform.lakehouse.read(PUBLISHED, reading.organization.org_id, [month], columns=columns)
    for row in rows.to_pylist():
        if row["author"] == "model" and row["author_hash"] == author_hash(model):
            with suppress(ValidationError):  # of another version of ours: asked again
                yield row["insight_id"], Draft.model_validate_json(row["draft"])
