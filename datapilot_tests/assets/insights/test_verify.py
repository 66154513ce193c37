"""The verifier against whoever changes what is stored, or writes lies around slots that are right."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from datapilot_assets.insights.offline import offline_draft
from datapilot_assets.insights.run import write_insights
from datapilot_assets.insights.stored import verify_month
from datapilot_assets.insights.verify import DraftVerifier, fact_faults
from datapilot_assets.insights.writing import reading
from datapilot_domain.contracts.insights import INSIGHT_FACTS, PUBLISHED
from datapilot_domain.contracts.table import TableContract
from datapilot_domain.insights.draft import Binding, Draft
from datapilot_domain.insights.fact import Fact, FactType
from datapilot_domain.insights.text_rules import Language, TextRules
from datapilot_domain.organizations import Organization
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.insights.facts import CAMPAIGN, SHAPES, fact
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.insights.stories import LAST, ads, sales

Row = dict[str, Any]
Change = Callable[[Row], None]


# What is stored ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Platform, Organization]:
    """The last month of the planted story, written once."""
    home: Path = tmp_path_factory.mktemp("verify")
    platform = Platform(Settings(home=home / "home"))
    acme = organization(platform)
    write_gold(platform, acme, sales(True), ads(True))
    list(write_insights(platform, acme, [LAST], "run"))
    return platform, acme


@contextmanager
def forged(platform: Platform, acme: Organization, contract: TableContract, change: Change) -> Iterator[None]:
    """A change of the row that tells of Bolo de fubá's rank, or of its fact, undone afterwards."""
    table = platform.lakehouse.read(contract, acme.org_id, [LAST])
    before = table.to_pylist()
    rows = [dict(row) for row in before]
    change(next(row for row in rows if row["type"] == "rank_change"))
    print_ = platform.lakehouse.months(contract, acme.org_id)[LAST].fingerprint

    def store(stored: list[Row]) -> None:
        made = type(table).from_pylist(stored, table.schema)
        platform.lakehouse.replace(
            contract, acme.org_id, {LAST: len(stored)}, made, {LAST: print_}, run_id="forger", log_head=0
        )

    store(rows)
    try:
        yield
    finally:
        store(before)


def codes(platform: Platform, acme: Organization) -> set[str]:
    return {fault.code for item in verify_month(platform, acme, LAST) for fault in item.faults}


def inside(column: str, change: Callable[[Any], None]) -> Change:
    """A change within the JSON of a column."""

    def made(row: Row) -> None:
        content = json.loads(row[column])
        change(content)
        row[column] = json.dumps(content)

    return made


def put(value: object, *path: str | int) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = value

    return change


def repeated(quantities: list[Row]) -> None:
    quantities[0] = quantities[1] | {"field": "current"}


def a_fact(value: object, *path: str | int) -> tuple[TableContract, Change]:
    return INSIGHT_FACTS, inside("fact", put(value, *path))


def a_row(column: str, value: object, contract: TableContract = PUBLISHED) -> tuple[TableContract, Change]:
    return contract, lambda row: row.update({column: value})


def json_of(column: str, value: object, *path: str | int) -> tuple[TableContract, Change]:
    return PUBLISHED, inside(column, put(value, *path))


FORGERIES: dict[str, tuple[tuple[TableContract, Change], str]] = {
    "fact: organization": (a_fact("other", "org_id"), "V04"),
    "fact: month": (a_fact("2024-01", "month"), "V01"),
    "fact: value": (a_fact("3", "quantities", 0, "value"), "V06"),
    "fact: baseline": (a_fact("3", "quantities", 1, "value"), "V07"),
    "fact: amount": (a_fact("3", "quantities", 2, "value"), "V08"),
    "fact: unit": (a_fact("money", "quantities", 0, "unit"), "V10"),
    "fact: currency": (a_fact("USD", "quantities", 2, "currency"), "V08"),
    "fact: operation": (a_fact("share", "quantities", 2, "operation"), "V05"),
    "fact: version of a number": (a_fact(99, "quantities", 0, "delta_version"), "V05"),
    "fact: month of a number": (a_fact(["2024-01"], "quantities", 0, "terms", 0, "months"), "V06"),
    "fact: KPI of a number": (a_fact("units", "quantities", 2, "terms", 0, "kpi"), "V08"),
    "fact: the earlier number twice": ((INSIGHT_FACTS, inside("fact", lambda f: repeated(f["quantities"]))), "V06"),
    "fact: table": (a_fact("gold.nothing", "evidence", 0, "table"), "V05"),
    "fact: evidence's numerator": (a_fact("77", "evidence", 0, "rows", 0, "numerator"), "V05"),
    "fact: evidence's organization": (a_fact("other", "evidence", 0, "org_id"), "V04"),
    "fact: evidence's version": (a_fact(0, "evidence", 0, "delta_version"), "V03"),
    "fact: no evidence": (a_fact([], "evidence"), "V03"),
    "fact: direction": (a_fact("up", "claim", "direction"), "V09"),
    "fact: type": (a_fact("change", "claim", "type"), "V01"),
    "fact: KPI": (a_fact("units", "claim", "kpi"), "V06"),
    "fact: period": (a_fact(["2024-01"], "claim", "period", "months"), "V06"),
    "fact: baseline period": (a_fact(["2023-01"], "claim", "baseline", "months"), "V07"),
    "fact: not complete": (a_fact(False, "claim", "period", "complete"), "V01"),
    "fact: another member": (a_fact("café coado", "claim", "member", "key"), "V06"),
    "fact: a name that is not its own": (a_fact("Café coado", "claim", "member", "name"), "V20"),
    "fact: a name that is none": (a_fact(None, "claim", "member", "name"), "V01"),
    "fact: impact": (a_fact("0.9", "impact"), "V11"),
    "fact: observations": (a_fact(900, "n"), "V17"),
    "fact: p-value": (a_fact(0.5, "p_value"), "V17"),
    "fact: new or not": (a_fact(False, "is_new"), "V11"),
    "fact: a KPI that is none": (a_fact("profit", "claim", "kpi"), "V01"),
    "fact: impact without end": (a_fact("9e40", "impact"), "V01"),
    "fact: unreadable": ((INSIGHT_FACTS, lambda row: row.update(fact="{}")), "V01"),
    "facts: impact": (a_row("impact", Decimal("0.9"), INSIGHT_FACTS), "V11"),
    "facts: severity": (a_row("severity", "info", INSIGHT_FACTS), "V11"),
    "facts: direction": (a_row("direction", "up", INSIGHT_FACTS), "V09"),
    "facts: member": (a_row("member", "x", INSIGHT_FACTS), "V20"),
    "facts: quarantined": (a_row("status", "quarantined", INSIGHT_FACTS), "V05"),
    "facts: another id": (a_row("fact_id", "f" * 64, INSIGHT_FACTS), "V01"),
    "draft: headline": (json_of("draft", "{{entity}}: {{current}}.", "headline"), "V06"),
    "draft: body": (json_of("draft", "Foi {{amount}}.", "body"), "V06"),
    "draft: direction": (json_of("draft", "none", "direction"), "V09"),
    "draft: slot": (json_of("draft", "baseline", "bindings", 0, "field"), "V06"),
    "draft: field that is none": (json_of("draft", "profit", "bindings", 1, "field"), "V01"),
    "draft: of another fact": (json_of("draft", "F9", "bindings", 1, "fact_id"), "V01"),
    "draft: tells another fact": (json_of("draft", "f" * 64, "claim_fact_id"), "V01"),
    "draft: recommendation": (json_of("draft", "pause_zero_conversion", "recommendation"), "V21"),
    "row: headline": (a_row("headline", "O produto subiu no ranking."), "V06"),
    "row: body": (a_row("body", "Vendeu muito."), "V06"),
    "row: language": (a_row("language", "en"), "V06"),
    "row: severity": (a_row("severity", "info"), "V11"),
    "row: score": (a_row("score", Decimal("0.9")), "V11"),
    "row: type": (a_row("kpi", "units"), "V01"),
    "row: recommendation": (a_row("recommendation", "review_bid"), "V21"),
    "row: claim": (json_of("claim", "up", "direction"), "V01"),
    "row: evidence": (json_of("evidence", 0, 0, "delta_version"), "V03"),
    "row: a number's value": (json_of("quantities", "999", 0, "value"), "V06"),
    "row: a value that is none": (json_of("quantities", "many", 0, "value"), "V01"),
    "row: a number's unit": (json_of("quantities", "EUR", 0, "unit"), "V03"),
    "row: a number's table": (json_of("quantities", "gold.sales_month", 0, "table"), "V03"),
    "row: a number's rows": (json_of("quantities", "1 = 1", 0, "where"), "V03"),
    "row: a number's measure": (json_of("quantities", "42", 0, "measure"), "V03"),
    "row: a number's version": (json_of("quantities", 0, 0, "delta_version"), "V03"),
    "row: a slot": (json_of("quantities", "other", 0, "slot"), "V14"),
    "row: no numbers": (a_row("quantities", "[]"), "V03"),
    "row: quantities unreadable": (a_row("quantities", "[{"), "V01"),
}  # fmt: skip


# Of the change of the month's revenue: all codes that each tampering gives.
def of_fact(**changed: Any) -> Callable[[Fact], Fact]:
    return lambda of: of.model_copy(update=changed)


def of_claim(**changed: Any) -> Callable[[Fact], Fact]:
    return lambda of: of.model_copy(update={"claim": of.claim.model_copy(update=changed)})


TAMPERED: dict[str, tuple[Callable[[Fact], Fact], set[str]]] = {
    "nothing": (of_fact(), set()),
    "no evidence": (of_fact(evidence=()), {"V03"}),
    "organization": (of_fact(org_id="other"), {"V04"}),
    "direction": (of_claim(direction="none"), {"V09"}),
    "not significant": (of_fact(p_value=0.06), {"V17"}),
    "no p-value": (of_fact(p_value=-1.0), {"V17"}),
    "a short history": (of_claim(type="record"), {"V17"}),
    "KPI": (of_claim(kpi="units"), {"V06", "V07"}),
    "no baseline": (of_claim(baseline=None), {"V07"}),
    "a member": (of_claim(member=CAMPAIGN), {"V06", "V07", "V20"}),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_fact_that_does_not_hold_is_named(told: tuple[Platform, Organization], name: str) -> None:
    platform, acme = told
    change, found = TAMPERED[name]
    with reading(platform, acme) as gold:
        of = next(f for f in gold.finder.facts(LAST) if (f.claim.type, f.claim.kpi) == ("change", "gross_revenue"))
        faults = fact_faults(change(of), acme.org_id, gold.tables)
    assert {fault.code for fault in faults} == found


def test_what_was_written_holds(told: tuple[Platform, Organization]) -> None:
    assert codes(*told) == set()


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_named(told: tuple[Platform, Organization], name: str) -> None:
    (contract, change), code = FORGERIES[name]
    with forged(*told, contract, change):
        assert code in codes(*told)


# What is written ---------------------------------------------------------------------------------------------


def draft(of: Fact, headline: str, body: str, **changed: Any) -> Draft:
    """Slots named as the fields that they show."""
    fields = ("metric", "period", "baseline_period", "entity", *(q.field for q in of.quantities), "change_pct_size")
    made = Draft(
        claim_fact_id=of.id,
        headline=headline,
        body=body,
        bindings=tuple(
            Binding(slot=name, fact_id=of.id, field=name) for name in fields if f"{{{{{name}}}}}" in headline + body
        ),
        direction=of.claim.direction,
    )
    return made.model_copy(update=changed)


def judged(of: Fact, text: Draft, language: Language = "pt-BR") -> set[str]:
    return {fault.code for fault in DraftVerifier({of.id: of}, TextRules(language=language)).faults(text)}


CHANGE = fact("change")
TRUE = (
    ("{{metric}} foi de {{current}} em {{period}}", "Em {{baseline_period}}, o valor foi {{baseline}}."),
    ("{{metric}} caiu {{change_pct_size}}", "Passou de {{baseline}} para {{current}}."),
    (
        "{{metric}} ficou abaixo de {{baseline}}",
        "Em {{baseline_period}}, foi {{baseline}}; em {{period}}, {{current}}.",
    ),
    ("{{metric}} caiu de {{baseline}} em {{baseline_period}} para {{current}} em {{period}}", "Vale conferir."),
    ("{{metric}} was {{current}} in {{period}}", "It fell by {{change_pct_size}}, below {{baseline}}."),
)
LIES = {
    "a number of the other period, after": ("{{metric}} foi {{current}} em {{baseline_period}}", "Veja.", "V07"),
    "a number of the other period, before": ("{{metric}}: {{current}}", "Em {{period}}, foi {{baseline}}.", "V07"),
    "the way back": ("{{metric}} foi de {{current}} para {{baseline}}", "Veja.", "V07"),
    "a level as a movement": ("{{metric}} caiu {{baseline}}", "Veja.", "V08"),
    "a level as a movement, in English": ("{{metric}} fell by {{current}}", "See.", "V08"),
    "a change as a share": ("{{metric}}: {{current}}", "É {{change_pct_size}} do total.", "V08"),
    "a record": ("{{metric}} em {{current}}, um recorde", "Veja.", "V15"),
    "a trend": ("{{metric}} em {{current}}", "A tendência continua.", "V15"),
    "a streak": ("{{metric}} em {{current}}", "São meses seguidos assim.", "V15"),
    "a season": ("{{metric}} em {{current}}", "É um efeito sazonal.", "V15"),
    "partial, and it is not": ("{{metric}} em {{current}}", "O mês é parcial.", "V16"),
}  # fmt: skip


@pytest.mark.parametrize(("headline", "body"), TRUE)
def test_what_is_true_may_be_said(headline: str, body: str) -> None:
    language: Language = "en" if " was " in headline else "pt-BR"
    assert judged(CHANGE, draft(CHANGE, headline, body), language) == set()


@pytest.mark.parametrize("name", LIES)
def test_a_lie_around_right_slots_is_refused(name: str) -> None:
    headline, body, code = LIES[name]
    assert code in judged(CHANGE, draft(CHANGE, headline, body), "en" if "English" in name else "pt-BR")


def test_advice_is_the_rule_s_and_about_its_own_fact() -> None:
    other = fact("spend_without_conversions", member=CAMPAIGN)
    text = draft(CHANGE, "{{metric}} em {{current}}", "Veja.")
    for changed in ({"recommendation": "pause_zero_conversion"}, {"recommendation_fact_id": other.id}):
        both = DraftVerifier({CHANGE.id: CHANGE, other.id: other}, TextRules(language="pt-BR"))
        assert [f.code for f in both.faults(text.model_copy(update=changed))] == ["V21"]
    advised = draft(other, "{{entity}}: {{spend}}", "Veja.", recommendation="pause_zero_conversion")
    assert judged(other, advised) == set()
    assert "V02" in judged(CHANGE, text.model_copy(update={"recommendation_fact_id": "F9"}))


def test_a_slot_of_no_fact_is_named() -> None:
    text = draft(CHANGE, "{{metric}} em {{current}}", "Veja.")
    stray = tuple(b.model_copy(update={"fact_id": "F9"}) if b.slot == "current" else b for b in text.bindings)
    assert "V02" in judged(CHANGE, text.model_copy(update={"bindings": stray}))


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
@pytest.mark.parametrize("kind", SHAPES)
def test_our_own_texts_keep_these_rules(kind: FactType, locale: Language) -> None:
    """A partial month is said to be one by its own two types whatever the fact."""
    always_partial = kind in ("partial_sales", "partial_ads")
    for complete in (True, False) if not always_partial else (False,):
        of = fact(kind, complete=complete)
        assert judged(of, offline_draft(of, locale), locale) == set()
    assert set(SHAPES) == set(get_args(FactType))
