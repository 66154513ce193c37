"""A missing quantity is one unit a line only where the organization said so for that header."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from datapilot_assets.landing.decode import Decoded
from datapilot_assets.landing.dialect import header_hash
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import ACME, decode, table

AMOUNTS, PRICES = "Data;Produto;Valor", "Data;Produto;Preço Unitário"


def assuming(header: str) -> Organization:
    return ACME.with_assumed_quantity(header_hash(header.split(";")), 1)


def notices(decoded: Decoded, about: str = "QUANTITY") -> list[tuple[str, dict[str, str]]]:
    return [(notice.code, notice.values) for notice in decoded.notices if notice.code.startswith(about)]


@pytest.mark.reason("QUANTITY_ASSUMED", "QUANTITY_ABSENT")
def test_the_layout_the_recipe_and_a_notice_say_what_is_assumed(tmp_path: Path) -> None:
    text = table("2024-01-02;Aula;5,00", header=AMOUNTS)
    plain, _, _ = decode(tmp_path, text)
    assumed, records, _ = decode(tmp_path, text, organization=assuming(AMOUNTS))
    assert (plain.layout.assumed_quantity, assumed.layout.assumed_quantity) == (None, 1)
    assert "assumed_quantity" not in plain.recipe
    assert assumed.recipe == {**plain.recipe, "assumed_quantity": 1}
    assert records[0]["quantity"] is None, "bronze has what is written"
    assert notices(plain) == [("QUANTITY_ABSENT", {})]
    assert notices(assumed) == [("QUANTITY_ASSUMED", {})]


@pytest.mark.rule("R21")
def test_the_identity_of_a_line_has_only_what_is_written(tmp_path: Path) -> None:
    lines = ["2024-01-02;Aula;5,00", "2024-01-02;Aula;5,00", "2024-01-03;Aula;-5,00"]

    def of(organization: Organization) -> list[tuple[Any, ...]]:
        _, records, units = decode(tmp_path, table(*lines, header=AMOUNTS), organization=organization)
        assert len(units) == 3
        return [(row["unit_key"], row["occurrence"], row["event_type"]) for row in records]

    assert of(assuming(AMOUNTS)) == of(ACME)


@pytest.mark.reason("COLUMNS_MISSING")
def test_prices_are_amounts_where_each_line_is_one_unit(tmp_path: Path) -> None:
    text = table("2024-01-02;Aula;5,00", "2024-01-02;Aula;-5,00", header=PRICES)
    with pytest.raises(Refusal, match="COLUMNS_MISSING"):
        decode(tmp_path, text)
    decoded, records, units = decode(tmp_path, text, organization=assuming(PRICES))
    assert decoded.layout.mapping["Preço Unitário"] == "unit_price"
    assert [row["event_type"] for row in records] == ["sale", "return"]
    assert sorted(unit["amount"] for unit in units) == [-5, 5]


@pytest.mark.reason("QUANTITY_NOT_ASSUMED")
def test_a_file_with_a_quantity_column_ignores_the_option_and_says_so(tmp_path: Path) -> None:
    header = "Data;Produto;Qtd;Valor Total"
    text = table("2024-01-02;Aula;2;5,00", header=header)
    plain, _, _ = decode(tmp_path, text)
    told, _, _ = decode(tmp_path, text, organization=assuming(header))
    assert (told.recipe, told.layout) == (plain.recipe, plain.layout)
    assert (notices(plain), notices(told)) == ([], [("QUANTITY_NOT_ASSUMED", {"column": "Qtd"})])


def test_what_was_said_of_one_header_holds_for_no_other(tmp_path: Path) -> None:
    decoded, _, _ = decode(
        tmp_path, table("2024-01-02;Aula;5,00;x", header=f"{AMOUNTS};Obs"), organization=assuming(AMOUNTS)
    )
    assert decoded.layout.assumed_quantity is None
    assert notices(decoded) == [("QUANTITY_ABSENT", {})]


@pytest.mark.rule("R15")
def test_prices_of_one_unit_beside_a_total_are_lines_and_no_order(tmp_path: Path) -> None:
    header = "Pedido;Data;Preço Unitário;Tudo"
    text = table("1;2024-01-02;5,00;12,00", "1;2024-01-02;7,00;12,00", header=header)
    total = header_hash(header.split(";")), {"Tudo": "order_total"}
    without, _, _ = decode(tmp_path, text, organization=ACME.with_mapping(*total))
    decoded, _, units = decode(tmp_path, text, organization=assuming(header).with_mapping(*total))
    assert (without.layout.is_order_level, decoded.layout.is_order_level) == (True, False)
    assert sum(unit["amount"] for unit in units) == 12
