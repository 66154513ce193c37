"""Slots become the facts' words and numbers, written as the reader's locale writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datapilot_domain.insights.draft import Binding, Draft
from datapilot_domain.insights.fact import Fact, Member
from datapilot_domain.insights.measures import Operation, Quantity, QuantityUnit, Term
from datapilot_domain.insights.rendering import (
    NAME_LENGTH,
    Rendered,
    UnknownField,
    as_sentence,
    field_text,
    render,
    to_markdown,
    units_agree,
)
from datapilot_tests.assets.insights.facts import FEBRUARY, MARCH, fact, quantity


def valued(value: str, unit: QuantityUnit, field: str = "current", currency: str = "BRL") -> Fact:
    return fact("change").model_copy(update={"quantities": (quantity(field, value, unit, currency=currency),)})


def named(name: str | None, key: str | None = "k", dimension: str = "product") -> Fact:
    return fact("driver", member=Member(dimension=dimension, key=key, name=name))


def rendered(told: Fact, headline: str, body: str = "", locale: str = "pt-BR") -> Rendered:
    slots = (
        "metric",
        "entity",
        "period",
        "baseline_period",
        "current",
        "change_abs",
        "change_abs_size",
        "contribution",
    )
    bindings = tuple(Binding(slot=slot, fact_id=told.id, field=slot) for slot in slots)
    draft = Draft(claim_fact_id=told.id, headline=headline, body=body, bindings=bindings, direction="down")
    return render(draft, {told.id: told}, locale)


@pytest.mark.parametrize(
    ("value", "unit", "pt", "en"),
    [
        ("1234.56", "money", "R$\u00a01.234,56", "R$\u00a01,234.56"),
        ("-1234.565", "money", "-R$\u00a01.234,57", "-R$\u00a01,234.57"),
        ("0.005", "money", "R$\u00a00,01", "R$\u00a00.01"),
        ("0.1225", "fraction", "12,3%", "12.3%"),
        ("-0.12345", "fraction", "-12,3%", "-12.3%"),
        ("0.00449", "fraction", "0,4%", "0.4%"),
        ("-0.0321", "points", "-3,2\u00a0p.p.", "-3.2\u00a0pp"),
        ("3.695", "multiple", "3,70x", "3.70x"),
        ("1234", "count", "1.234", "1,234"),
        ("1234.5", "quantity", "1.234,5", "1,234.5"),
        ("12", "days", "12", "12"),
    ],
)
def test_numbers_are_written_as_the_locale_does(value: str, unit: QuantityUnit, pt: str, en: str) -> None:
    assert field_text(valued(value, unit), "current", "pt-BR") == pt
    assert field_text(valued(value, unit), "current", "en") == en


def test_a_quantity_has_its_own_currency() -> None:
    assert field_text(valued("10", "money", currency="USD"), "current", "pt-BR") == "US$\u00a010,00"


def test_a_size_has_no_sign() -> None:
    told = fact("change")
    assert field_text(told, "change_abs", "pt-BR") == "-R$\u00a01.234,57"
    assert field_text(told, "change_abs_size", "pt-BR") == "R$\u00a01.234,57"
    assert field_text(told, "change_pct", "pt-BR") == "-12,3%"
    assert field_text(told, "change_pct_size", "pt-BR") == "12,3%"
    assert field_text(valued("-50", "money", "amount"), "amount", "pt-BR") == "R$\u00a050,00"


@pytest.mark.parametrize("field", ["nothing", "share", "share_size", "entity", ""])
def test_a_field_that_the_fact_has_not_is_unknown(field: str) -> None:
    with pytest.raises(UnknownField):
        field_text(fact("change"), field, "pt-BR")


def test_a_fact_without_a_baseline_has_no_period_of_it() -> None:
    with pytest.raises(UnknownField):
        field_text(fact("appeared"), "baseline_period", "pt-BR")


@pytest.mark.parametrize(
    ("template", "pt"),
    [
        ("{{metric}} caiu", "A receita bruta caiu"),
        ("Em março, {{metric}} caiu", "Em março, a receita bruta caiu"),
        ("Caiu. {{metric}}", "Caiu. A receita bruta"),
        ("Queda de {{metric}}", "Queda da receita bruta"),
        ("Queda do {{metric}}", "Queda da receita bruta"),
        ("Queda nos {{metric}}", "Queda na receita bruta"),
        ("Em {{metric}}", "Na receita bruta"),
        ("mudou por {{metric}}", "mudou pela receita bruta"),
        ("frente ao {{metric}}", "frente à receita bruta"),
        ("O {{metric}} caiu e o {{metric}} mudou", "A receita bruta caiu e a receita bruta mudou"),
        ("canal {{metric}}", "canal a receita bruta"),
        ("{{period}} ante {{baseline_period}}", "Março/2024 ante fevereiro/2024"),
    ],
)
def test_a_metric_takes_its_article_and_its_capital(template: str, pt: str) -> None:
    assert rendered(fact("driver"), template).headline == pt


@pytest.mark.parametrize(
    ("kpi", "pt"),
    [
        ("discounts", "frente aos descontos, pelos descontos, nos descontos"),
        ("spend", "frente ao investimento em anúncios, pelo investimento em anúncios, no investimento em anúncios"),
        ("units", "frente às unidades vendidas, pelas unidades vendidas, nas unidades vendidas"),
    ],
)
def test_contractions_agree_with_the_metric(kpi: str, pt: str) -> None:
    told = fact("driver", kpi=kpi)
    assert rendered(told, "frente à {{metric}}, pela {{metric}}, em {{metric}}").headline == pt


def test_english_has_no_article() -> None:
    assert rendered(fact("driver"), "{{metric}} fell", "A fall of {{metric}}", "en").text == (
        "Gross revenue fell. A fall of gross revenue"
    )


def test_names_of_strangers_stay_on_one_line_and_short() -> None:
    assert field_text(named("Loja\n\u202eAzul\u200b  \x1b[1m"), "entity", "pt-BR") == "Loja Azul [1m"
    long = field_text(named("a" * 200), "entity", "pt-BR")
    assert (len(long), long[-2:]) == (NAME_LENGTH, "a…")
    assert field_text(named(None), "entity", "pt-BR") == "k"
    assert field_text(named("\u200b"), "entity", "en") == "not given"
    assert field_text(named(None, None), "entity", "pt-BR") == "não informado"
    assert field_text(named(None, None, "category"), "entity", "pt-BR") == "não informada"
    # A name keeps its own capitals, and what looks like a slot in it is text.
    assert rendered(named("iPhone {{current}}"), "{{entity}} caiu").headline == "iPhone {{current}} caiu"


def test_points_end_a_sentence_once() -> None:
    told = fact("driver")
    assert rendered(told, "Peso: {{contribution}}.", "{{contribution}}. Fim").text == (
        "Peso: -3,2\u00a0p.p. -3,2\u00a0p.p. Fim"
    )


def test_headline_and_body_are_one_text() -> None:
    assert as_sentence(Rendered("Caiu", "Passou.")) == "Caiu. Passou."
    assert as_sentence(Rendered("Caiu?", "")) == "Caiu?"
    assert as_sentence(Rendered("", "Passou.")) == "Passou."


def test_markdown_shows_names_as_text() -> None:
    shown = to_markdown(Rendered("<b>*oi*", "# [x](http://y)"))
    assert shown == Rendered("&lt;b&gt;\\*oi\\*", "\\# \\[x\\](http\\://y)")


def test_a_draft_needs_its_bindings_and_its_facts() -> None:
    told = fact("change")
    bare = Draft(claim_fact_id=told.id, headline="{{metric}}", body="", bindings=(), direction="down")
    with pytest.raises(UnknownField):
        render(bare, {told.id: told}, "pt-BR")
    other = bare.model_copy(update={"bindings": (Binding(slot="metric", fact_id="other", field="metric"),)})
    with pytest.raises(UnknownField):
        render(other, {told.id: told}, "pt-BR")


@given(st.text(max_size=200))
def test_no_name_breaks_a_line(name: str) -> None:
    text = field_text(named(name), "entity", "pt-BR")
    assert 0 < len(text) <= NAME_LENGTH
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("kpi", "operation", "of", "unit"),
    [
        ("gross_revenue", "value", "total", "money"),
        ("average_ticket", "difference", "total", "money"),
        ("gross_revenue", "relative", "total", "fraction"),
        ("paid_orders", "share", "total", "fraction"),
        ("gross_revenue", "contribution", "total", "points"),
        ("refund_rate", "value", "total", "fraction"),
        ("refund_rate", "difference", "total", "points"),
        ("refund_rate", "mix", "total", "points"),
        ("roas_claimed", "difference", "total", "multiple"),
        ("roas_claimed", "rate", "total", "multiple"),
        ("paid_orders", "value", "total", "count"),
        ("paid_orders", "value", "average", "quantity"),
        ("units", "value", "total", "quantity"),
        ("gross_revenue", "value", "rank", "count"),
        ("gross_revenue", "value", "members", "count"),
        ("gross_revenue", "value", "months", "count"),
        ("lines", "value", "records", "count"),
        ("lines", "value", "last_day", "days"),
    ],
)
def test_each_number_has_one_unit(kpi: str, operation: Operation, of: str, unit: QuantityUnit) -> None:
    terms = tuple(Term.model_validate({"kpi": kpi, "months": (month,), "of": of}) for month in (MARCH, FEBRUARY))
    agreeing = []
    for tried in ("money", "count", "quantity", "fraction", "points", "multiple", "days"):
        made = Quantity.model_validate(
            {"field": "x", "operation": operation, "terms": terms, "unit": tried, "currency": "BRL"}
            | {"value": Decimal(1), "delta_version": 0}
        )
        if units_agree(made):
            agreeing.append(tried)
    assert agreeing == [unit]


def test_a_column_of_its_own_is_no_quotient() -> None:
    term = Term(kpi="spend", months=(MARCH,), at="gold.marketing_month", column="ads_days")
    days = quantity("days", "12", "days").model_copy(update={"terms": (term,)})
    assert units_agree(days)
    assert not units_agree(days.model_copy(update={"unit": "fraction"}))
