"""The KPI catalogue agrees with the gold contracts, and a word means one KPI."""

from __future__ import annotations

import unicodedata
from collections import Counter

import pytest
from pydantic import ValidationError

from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales_gold import ADDITIVE_NAMES, SALES_MONTH
from datapilot_domain.kpis import KPIS, Kpi

STORED = [kpi for kpi in KPIS.values() if kpi.stored]
SALES = [kpi for kpi in KPIS.values() if kpi.table == SALES_MONTH.id]


@pytest.mark.parametrize("kpi", STORED, ids=lambda kpi: kpi.name)
def test_a_kpi_is_a_column_of_its_table_and_null_only_where_it_says_when(kpi: Kpi) -> None:
    column = CONTRACTS[kpi.table].column(kpi.column)
    assert column.nullable == (kpi.null_when is not None)
    assert {kpi.numerator, kpi.denominator} <= {None, *CONTRACTS[kpi.table].column_names}


def test_every_measure_of_the_month_is_in_the_catalogue() -> None:
    described = {"org_id", "month", "currency", "fingerprint"}
    assert {kpi.column for kpi in SALES if kpi.stored} == set(SALES_MONTH.column_names) - described


def test_additive_is_what_the_contracts_call_additive() -> None:
    assert {kpi.name for kpi in SALES if kpi.additive} == set(ADDITIVE_NAMES)


def test_synonyms_are_normalised_and_name_one_kpi() -> None:
    words = Counter(word for kpi in KPIS.values() for word in kpi.synonyms)
    assert [word for word, times in words.items() if times > 1] == []
    for word in words:
        plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
        assert word == " ".join(plain.split())


def test_numerator_and_denominator_are_columns_of_the_table() -> None:
    for kpi in KPIS.values():
        assert {kpi.numerator, kpi.denominator, kpi.sum_of} <= {None, *CONTRACTS[kpi.table].column_names}, kpi.name


def test_a_portuguese_title_has_an_article_that_agrees_in_number() -> None:
    for kpi in KPIS.values():
        assert kpi.is_plural == kpi.title.pt.split()[0].endswith("s"), kpi.name


@pytest.mark.parametrize("word", ["receita", "vendas", "faturamento", "revenue"])
def test_plain_revenue_words_mean_gross(word: str) -> None:
    assert [kpi.name for kpi in KPIS.values() if word in kpi.synonyms] == ["gross_revenue"]


def test_wording_follows_the_locale() -> None:
    assert KPIS["average_ticket"].title.of("pt-BR") == "ticket médio"
    assert KPIS["average_ticket"].title.of("en") == "average ticket"


@pytest.mark.parametrize(
    "changed",
    [
        {"sum_of": "units"},
        {"denominator": None},
        {"additive": True},
        {"numerator": None, "denominator": None},
    ],
)
def test_a_kpi_is_a_sum_or_a_ratio(changed: dict[str, object]) -> None:
    values = KPIS["average_ticket"].model_dump() | changed
    with pytest.raises(ValidationError, match="average_ticket"):
        Kpi.model_validate(values)
