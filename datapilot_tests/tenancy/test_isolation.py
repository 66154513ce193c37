"""Nothing of organization B is reachable through A (P9), and no secret is anywhere (P10): canary values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from datapilot_assets.reports import file_reports
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.organizations import InvalidName, OrgId
from datapilot_resources.platform import Platform
from datapilot_resources.registry import UnknownOrganization
from datapilot_tests.workbench import Workbench

HEADER = "order_id,line,order_date,sku,product,quantity,unit_price,amount,order_discount,status,customer_email,notes\n"
SECRET = "canary-of-the-customer-secret"
TWINS = ("alpha", "alphabeta")  # one id is the prefix of the other


def content(canary: str) -> str:
    """The same order, line, sku and customer in both organizations; only the canary differs."""
    good = f"1,1,2024-01-10,SKU-1,Produto {canary},1,10.00,10.00,0.00,paid,maria@example.com,{canary}\n"
    bad = f"2,1,2024-01-10,SKU-1,Produto {canary},1,abc,abc,0.00,paid,maria@example.com,{canary}\n"
    return HEADER + good + bad


@pytest.fixture(scope="module")
def twins(workbench: Workbench) -> Iterator[Workbench]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATAPILOT_CUSTOMER_SECRET", SECRET)
        bench = Workbench(Platform.from_environment())
        for org in TWINS:
            bench.add(org)
            bench.land(org, ("vendas.csv", content(f"canary{org}end")))
        runs = bench.refine(*TWINS)
        assert [run.error for run in runs] == [None, None]
        yield bench


@pytest.mark.parametrize(("mine", "other"), [TWINS, TWINS[::-1]])
def test_no_table_report_or_object_holds_the_other_one(twins: Workbench, mine: str, other: str) -> None:
    canary = f"canary{other}end"
    everything = [twins.rows(table, mine) for table in CONTRACTS]
    assert all(everything[:3]), "bronze, silver and quarantine hold rows"
    assert canary not in str(everything)
    assert f"canary{mine}end" in str(everything)
    assert canary not in json.dumps(file_reports(twins.platform, twins.platform.registry.get(mine)))
    for info in twins.platform.store.list(f"org_id={mine}"):
        assert canary.encode() not in twins.platform.store.read(info.key), info.key


def test_the_same_customer_has_another_key_in_each_organization(twins: Workbench) -> None:
    keys = {org: {row["customer_key"] for row in twins.rows("silver.sales", org)} for org in TWINS}
    assert all(len(found) == 1 and None not in found for found in keys.values())
    assert keys[TWINS[0]].isdisjoint(keys[TWINS[1]])


def test_personal_data_and_secrets_stay_out_of_silver_gold_events_and_delta_logs(twins: Workbench) -> None:
    refined = [twins.rows(table, org) for table in CONTRACTS if not table.startswith("bronze") for org in TWINS]
    assert "maria@example.com" not in str(refined)
    home = Path(twins.platform.settings.home)
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert SECRET.encode() not in data, path
            if "_delta_log" in path.parts or "dagster" in path.parts:
                assert b"maria@example.com" not in data, path


@pytest.mark.parametrize(
    "name", ["../alpha", "x' OR '1'='1", "ALPHA", "null", "a|b", "alpha\n", "\u0430lpha", "org_id=alpha", "*", ""]
)
def test_a_name_that_is_no_organization_opens_nothing(twins: Workbench, name: str) -> None:
    with pytest.raises(InvalidName):
        OrgId(name)
    with pytest.raises(InvalidName):
        twins.platform.registry.get(name)
    with pytest.raises(InvalidName):
        twins.platform.lakehouse.read(CONTRACTS["gold.sales_month"], name)  # type: ignore[arg-type]


def test_an_organization_that_is_not_registered_is_unknown(twins: Workbench) -> None:
    with pytest.raises(UnknownOrganization):
        twins.platform.registry.get("alphab")
