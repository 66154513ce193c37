"""Every header observed in public exports lands on its field, in company as exports have it (R11).

`observed_headers.json` was written down from those exports; it is not derived from the contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_assets.landing.dialect import KNOWN_HEADERS, normalise_header
from datapilot_assets.landing.headers import HeaderMapping
from datapilot_tests.assets.landing.judging import judge

OBSERVED = json.loads(Path(__file__).with_name("observed_headers.json").read_text("utf-8"))
FIELDS: dict[str, list[str]] = OBSERVED["fields"]
BY_CONTEXT: dict[str, str | None] = OBSERVED["by_context"]
HEADERS = [(header, field) for field, headers in FIELDS.items() for header in headers]
# A percentage is no money, whatever the list calls it (decisions.md).
RATES = {"desconto_pct"}
# What a header stands beside, and the cells of two lines of one order and one of another.
COMPANY = {
    "order_id": ("Número do Pedido", ["1052", "1052", "1053"]),
    "sold_at": ("Data da venda", ["02/01/2024", "02/01/2024", "03/01/2024"]),
    "product_name": ("Nome do Produto", ["Café", "Açúcar", "Café"]),
    "quantity": ("Quantidade", ["2", "1", "1"]),
    "unit_price": ("Valor Unitário", ["18,90", "4,59", "18,90"]),
    "line_amount": ("Subtotal do produto", ["37,80", "4,59", "18,90"]),
}
CELLS = {
    **{field: cells for field, (_, cells) in COMPANY.items()},
    "line_no": ["1", "2", "1"],
    "sku": ["00123", "00045", "00123"],
    "customer_name": ["Maria", "Maria", "José"],
    "state": ["BA", "BA", "SP"],
    "unit": ["UN", "KG", "UN"],
    "order_discount": ["5,00", "5,00", "0,00"],
    "line_discount": ["5,00", "1,00", "0,00"],
}


def land(header: str, field: str) -> HeaderMapping:
    """The header in the place of its field's usual one."""
    company = {name: value for name, value in COMPANY.items() if name != field}
    if field == "line_amount" and normalise_header(header) in ("price", "preco"):
        company = {name: value for name, value in company.items() if name not in ("quantity", "unit_price")}
    cells = CELLS.get(field, ["a", "b", "c"])
    names = [header, *(name for name, _ in company.values())]
    return judge(names, *zip(cells, *(values for _, values in company.values()), strict=True))


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("header", "field"), HEADERS)
def test_an_observed_header_lands_on_its_field(header: str, field: str) -> None:
    found = land(header, field)
    assert found.refusal is None
    assert found.fields[0] == ("discount_rate" if header in RATES else field)


@pytest.mark.rule("R11")
@pytest.mark.parametrize(("header", "field"), [(header, field) for header, field in BY_CONTEXT.items() if field])
def test_a_header_of_many_meanings_has_its_usual_one_in_usual_company(header: str, field: str) -> None:
    found = land(header, field)
    assert found.refusal is None
    assert (found.columns[0].field, found.columns[0].how) == (field, "context")


@pytest.mark.rule("R11")
@pytest.mark.parametrize("header", [header for header, field in BY_CONTEXT.items() if field is None])
def test_a_header_that_may_be_anything_is_no_field_without_evidence(header: str) -> None:
    found = land(header, "none")
    assert found.refusal is None
    assert found.columns[0].field is None


def variants(header: str) -> Iterator[str]:
    """The header as other programs write it."""
    yield header.upper()
    yield header.lower()
    yield f"\ufeff {header}: "
    yield header.replace(" ", "_")
    yield header.replace(" ", "  ").replace("º", "°")
    yield f"{header} (R$)"
    yield f"{header} R$"
    yield header.translate(str.maketrans("áéíóúâêôãõçàÁÉÍÓÚÂÊÔÃÕÇÀ", "aeiouaeoaocaAEIOUAEOAOCA"))


@pytest.mark.rule("R11")
@pytest.mark.parametrize("header", [*(header for header, _ in HEADERS), *BY_CONTEXT])
def test_case_accents_punctuation_and_currency_do_not_count(header: str) -> None:
    assert {normalise_header(variant) for variant in variants(header)} == {normalise_header(header)}
    assert normalise_header(header) in KNOWN_HEADERS


def test_no_two_fields_have_headers_that_normalise_alike() -> None:
    fields: dict[str, str] = {}
    by_context = {normalise_header(header) for header in BY_CONTEXT}
    for header, field in HEADERS:
        if normalise_header(header) not in by_context:
            assert fields.setdefault(normalise_header(header), field) == field
