"""Contracts: what they refuse, what is derived from them, and what silver and gold rely on."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from datapilot_domain.contracts import CONTRACTS, FAMILY_CONTRACTS, Column, TableContract
from datapilot_domain.contracts.ads import SILVER_CAMPAIGNS
from datapilot_domain.contracts.insights import INSIGHT_TABLES
from datapilot_domain.contracts.sales import BRONZE_SALES, SALES_RULES, SILVER_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_domain.contracts.sales_gold import ADDITIVE, SALES_BREAKDOWN

REFINED = [contract for contract in CONTRACTS.values() if contract.layer != "bronze"]
A_COLUMN = Column(name="month", description="month")


def contract(**values: object) -> TableContract:
    base = {"family": "f", "layer": "gold", "table": "t", "description": "t", "columns": (A_COLUMN,), "key": ("month",)}
    return TableContract.model_validate(base | values)


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": (A_COLUMN, A_COLUMN)},
        {"key": ("absent",)},
        {"version": 0},
        {"layer": "platinum"},
        {"colour": "red"},
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        contract(**wrong)


def test_what_is_derived() -> None:
    made = contract(
        columns=(A_COLUMN, Column(name="total", type="decimal(18,4)", description="x", nullable=False, personal=True))
    )
    assert (made.id, made.asset_key) == ("gold.t", ("gold", "t"))
    assert made.ddl == "`month` string, `total` decimal(18,4) NOT NULL"
    assert made.personal_columns == ("total",)
    assert made.column("total").type == "decimal(18,4)"


def test_every_contract_is_found_by_its_id_once() -> None:
    monthly = [contract for family in FAMILY_CONTRACTS.values() for contract in family]
    assert all(contract.scope == "month" for contract in monthly)
    listed = [*monthly, SILVER_CAMPAIGNS, *INSIGHT_TABLES]
    assert {contract.id for contract in listed} == set(CONTRACTS)
    assert len(listed) == len(CONTRACTS)
    assert all(CONTRACTS[contract.id] is contract for contract in listed)


@pytest.mark.parametrize("contract", REFINED, ids=lambda contract: contract.id)
def test_a_refined_table_carries_organization_month_and_fingerprint(contract: TableContract) -> None:
    for name in ("org_id", *(["month"] if contract.scope == "month" else []), "fingerprint"):
        assert not contract.column(name).nullable
    assert contract.reads


def test_bronze_holds_text_but_for_what_landing_decides() -> None:
    assert all(column.type == "string" for column in SALES_FIELDS)
    typed = {column.name for column in BRONZE_SALES.columns if column.type != "string"}
    assert typed >= {"record_no", "sold_on", "occurrence", "is_copy", "order_discount_alloc", "extras"}


def test_no_personal_column_leaves_bronze() -> None:
    personal = set(BRONZE_SALES.personal_columns)
    assert personal
    for contract in REFINED:
        assert not personal & set(contract.column_names)
        assert contract.personal_columns == ()


def test_rules_name_a_source_field_and_errors_come_with_a_condition() -> None:
    fields = set(BRONZE_SALES.column_names) | {"record", "status"}
    assert all(rule.column in fields and rule.condition for rule in SALES_RULES)
    labels = [(rule.code, rule.column) for rule in SALES_RULES]
    assert len(labels) == len(set(labels))


@pytest.mark.rule("R22")
def test_money_is_decimal_everywhere() -> None:
    for contract in CONTRACTS.values():
        assert not [column.name for column in contract.columns if column.type in ("double", "float")]
    assert SILVER_SALES.column("gross_amount").type == "decimal(18,4)"


def test_a_breakdown_has_the_additive_parts_of_the_month() -> None:
    month = CONTRACTS["gold.sales_month"].column_names
    assert {column.name for column in ADDITIVE} <= set(month) & set(SALES_BREAKDOWN.column_names)
