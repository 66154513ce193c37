"""The offline analyst keeps every rule of texts, for every fact, in both languages, and reads as a person wrote it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import get_args

import pytest

from datapilot_assets.insights import offline_en, offline_pt
from datapilot_assets.insights.offline import offline_draft, own_words, recommendation_text, texts
from datapilot_domain.insights.draft import RECOMMENDATIONS, Recommendation
from datapilot_domain.insights.fact import Compare, Direction, Fact, FactType, Member
from datapilot_domain.insights.plain import Names
from datapilot_domain.insights.rendering import render
from datapilot_domain.insights.text_rules import Language, TextRules, faults, says_partial
from datapilot_domain.kpis import KPIS
from datapilot_tests.assets.insights.facts import CAMPAIGN, PRODUCT, SHAPES, fact

LOCALES: tuple[Language, ...] = ("pt-BR", "en")
DIRECTIONS: dict[FactType, tuple[Direction, ...]] = {
    kind: (always,) if always else ("up", "down") for kind, (_, _, _, always) in SHAPES.items()
}
MEMBERS = tuple(Member(dimension=dimension, key="k", name="Xis Tudo") for dimension in offline_pt.DIMENSIONS)
NAMELESS = tuple(Member(dimension=dimension, key=None) for dimension in offline_pt.DIMENSIONS)
KPIS_TOLD = (
    "gross_revenue net_revenue paid_orders average_ticket units discounts cancelled_amount refund_rate spend"
    " conversions cost_per_conversion roas_claimed roas_verified ctr clicks lines conversion_value"
).split()
# Names that the texts must keep out of: the members', and those that are words of theirs.
NAMES = Names.of(("Xis Tudo", "Camiseta Azul", "Remarketing", "Receita", "Mês anterior", "Vendas"), own_words())


def judged(told: Fact, locale: Language) -> list[object]:
    """All that a verifier of texts has against the offline draft."""
    good = KPIS[told.claim.kpi].good
    rules = TextRules(locale, told.claim.direction, good, NAMES, Names.of(("Beta Ltda",), own_words()))
    draft = offline_draft(told, locale)
    found: list[object] = list(faults(draft, rules))
    if not told.is_complete and not says_partial(draft, locale):
        found.append("V16")
    return found


def said(told: Fact, locale: str) -> str:
    return render(offline_draft(told, locale), {told.id: told}, locale).text.replace("\u00a0", " ")


def test_every_type_has_words_in_both_languages() -> None:
    for told in (offline_pt, offline_en):
        kinds = {name.partition(".")[0] for name in texts(told)}
        assert kinds == set(get_args(FactType)) == set(SHAPES)
        assert set(told.RECOMMENDATIONS) == set(RECOMMENDATIONS) - {"none"}
        assert set(told.DIMENSIONS) == set(offline_pt.DIMENSIONS)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("period", ["whole", "partial", "days"])
@pytest.mark.parametrize("compare", ["previous_month", "same_month_last_year", "own_history", None])
def test_its_texts_pass_the_rules(kind: FactType, locale: Language, period: str, compare: Compare | None) -> None:
    for direction in DIRECTIONS[kind]:
        for member in (None, PRODUCT, *(() if period != "whole" or compare else (*MEMBERS, *NAMELESS))):
            told = fact(
                kind,
                direction,
                member=member,
                compare=compare,
                complete=period != "partial",
                days=period == "days",
            )
            assert judged(told, locale) == []
            assert not re.search(r"[{}\[\]$|@]", re.sub("R\\$", "", said(told, locale)))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kpi", KPIS_TOLD)
def test_every_kpi_can_be_told(kpi: str, locale: Language) -> None:
    for kind in ("change", "trend", "record", "outlier", "streak", "change_point", "seasonality"):
        for direction in ("up", "down"):
            assert judged(fact(kind, direction, kpi=kpi), locale) == []


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("top", ["1", "2"])
def test_one_member_may_be_all_of_a_concentration(top: str, locale: Language) -> None:
    assert judged(fact("concentration", member=PRODUCT, values={"top": top}), locale) == []


def test_no_text_holds_a_digit_or_a_unit() -> None:
    for told in (offline_pt, offline_en):
        assert not re.search(r"[\d%]", told.TEXTS.replace("$", ""))


def test_portuguese_reads_as_portuguese() -> None:
    assert said(fact("change"), "pt-BR") == (
        "A receita bruta caiu 12,3% em relação ao mês anterior. "
        "Passou de R$ 10.000,00 em fevereiro/2024 para R$ 8.765,43 em março/2024, R$ 1.234,57 a menos."
    )
    assert said(fact("change", "up", kpi="paid_orders"), "pt-BR").startswith(
        "Os pedidos pagos subiram 12,3% em relação ao mês"
    )
    assert said(fact("driver"), "pt-BR").startswith("A receita bruta do produto Camiseta Azul caiu R$ 1.234,57 em")
    assert said(fact("trend"), "pt-BR").startswith("Tendência de queda da receita bruta em 14 meses. Passou de")
    unnamed = fact("driver", member=Member(dimension="category", key=None))
    assert said(unnamed, "pt-BR").startswith("A receita bruta da categoria não informada caiu")
    assert said(fact("rank_change", kpi="units"), "pt-BR").startswith("O produto Camiseta Azul caiu no ranking")
    assert said(fact("streak", kpi="units"), "pt-BR").startswith("As unidades vendidas caem há 14 meses seguidos")
    assert said(fact("quarantine", values={"records": "1"}), "pt-BR").startswith("1 linha está em quarentena")
    assert said(fact("quarantine"), "pt-BR").startswith("31 linhas estão em quarentena")


def test_days_are_said_to_be_compared() -> None:
    assert said(fact("change", days=True), "pt-BR") == (
        "A receita bruta caiu 12,3% em relação aos mesmos dias do mês anterior. "
        "Passou de R$ 10.000,00 para R$ 8.765,43, R$ 1.234,57 a menos. "
        "Mês parcial; dias comparados: 01/03/2024 a 12/03/2024 com 01/02/2024 a 12/02/2024."
    )
    assert "Partial month; days compared" in said(fact("change", days=True), "en")


def test_english_reads_as_english() -> None:
    assert said(fact("change", kpi="paid_orders", values={"change_abs": "-12"}), "en") == (
        "Paid orders fell 12.3% compared with the previous month. "
        "They went from 10,000 in February 2024 to 8,765 in March 2024, a difference of 12."
    )


def test_a_gap_calls_neither_measure_wrong() -> None:
    for locale, words in (("pt-BR", "São medidas diferentes"), ("en", "measure different things")):
        assert words in said(fact("roas_gap", "up"), locale)
        assert not re.search("errad|wrong|incorret|inflat|inflad", said(fact("roas_gap", "up"), locale))


@pytest.mark.parametrize(
    ("told", "recommendation"),
    [
        (fact("spend_without_conversions"), "pause_zero_conversion"),
        (fact("roas_below_one"), "review_bid"),
        (fact("partial_sales"), "wait_month_close"),
        (fact("roas_gap", "up"), "check_tracking"),
        (fact("disappeared"), "check_stock"),
        (fact("disappeared", member=Member(dimension="category", key="c")), "none"),
        (fact("detractor", member=Member(dimension="channel", key="c")), "investigate_channel"),
        (fact("detractor", "up", member=Member(dimension="channel", key="c")), "none"),
        (fact("change", "up", kpi="discounts"), "review_discount"),
        (fact("change", "down", kpi="discounts"), "none"),
        (fact("change", "up", kpi="cost_per_conversion"), "review_bid"),
        (fact("change", "down", kpi="cost_per_conversion"), "none"),
        (fact("change", "down", kpi="average_ticket"), "review_price"),
        (fact("change", "down", kpi="average_ticket", complete=False), "wait_month_close"),
        (fact("mix_shift", "down"), "shift_budget"),
        (fact("seasonality", "down", kpi="average_ticket"), "none"),
        (fact("change", "down", kpi="spend"), "none"),
        (fact("restated"), "none"),
    ],
)
def test_recommendations(told: Fact, recommendation: Recommendation) -> None:
    draft = offline_draft(told, "pt-BR")
    assert draft.recommendation == recommendation
    assert draft.recommendation_fact_id == (None if recommendation == "none" else told.id)
    assert bool(recommendation_text(recommendation, "pt-BR")) == (recommendation != "none")


def test_an_offline_draft_is_the_same_every_time() -> None:
    told = fact("roas_below_one", member=CAMPAIGN, kpi="roas_claimed", values={"current": str(Decimal("0.8"))})
    assert offline_draft(told, "pt-BR") == offline_draft(told.model_copy(), "pt-BR")
    assert "declara não cobre esse custo" in said(told, "pt-BR")
