"""Sources that tell of the same sales count once (R25): detection, roles, reconciliation, on real Spark and Delta."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.reports import file_reports
from datapilot_domain.landing import Verdict
from datapilot_domain.organizations import SourceSettings
from datapilot_domain.partitions import Month, OrgMonth
from datapilot_domain.reasons import REASONS
from datapilot_interfaces.cli.main import run as datapilot
from datapilot_tests.workbench import Workbench

ERP = "Pedido;Data Pedido;Cód. Produto;Qtde;Vlr. Total;Situação;Número do pedido no marketplace\n"
SHOP = "order_id,order_date,sku,quantity,price,status\n"


def erp(orders: Sequence[int], month: str = "2024-01") -> str:
    """An ERP export of these orders: its own numbers, the marketplace's beside them; order n costs 10·n."""
    year, number = month.split("-")
    return ERP + "".join(f"E{n};{n:02}/{number}/{year};P{n};1;{10 * n},00;Pago;MP-{n:03}\n" for n in orders)


def shop(orders: Sequence[int], month: str = "2024-01", prefix: str = "MP-") -> str:
    """A marketplace report of the same orders, under its own numbers, with prices a cent higher."""
    return SHOP + "".join(f"{prefix}{n:03},{month}-{n:02},S{n},1,{10 * n}.01,paid\n" for n in orders)


def declare(bench: Workbench, org: str, **roles: Any) -> None:
    organization = bench.platform.registry.get(org)
    for source, role in roles.items():
        organization = organization.with_source(source, SourceSettings(role=role))
    bench.platform.registry.put(organization)


def per_source(bench: Workbench, org: str, month: str = "2024-01") -> dict[str, dict[str, Any]]:
    return {row["source_id"]: row for row in bench.rows("gold.sales_source_month", org, month)}


def gross(bench: Workbench, org: str, month: str = "2024-01") -> Decimal:
    return bench.month(org, month)["gross_revenue"]


@pytest.mark.rule("R25")
def test_a_declared_role_decides_and_changing_it_restates_the_months_of_that_source(workbench: Workbench) -> None:
    workbench.add("roles")
    declare(workbench, "roles", shopee="mirror")
    workbench.land("roles", ("erp.csv", erp(range(1, 11))), ("feb.csv", erp([21], "2024-02")))
    workbench.land("roles", ("shop.csv", shop(range(1, 12))), source="shopee")
    assert [run.error for run in workbench.refine("roles")] == [None]
    assert gross(workbench, "roles") == Decimal("550")
    rows = per_source(workbench, "roles")
    assert (rows["main"]["role"], rows["main"]["gross_revenue"], rows["main"]["paid_orders"]) == ("counts", 550, 10)
    assert rows["main"]["matched_share"] is None
    mirror = rows["shopee"]
    assert (mirror["role"], mirror["gross_revenue"], mirror["paid_orders"]) == ("mirror", Decimal("660.11"), 11)
    assert (mirror["compared_orders"], mirror["matched_orders"]) == (11, 10)
    assert (mirror["matched_gross"], mirror["matched_share"]) == (Decimal("550.10"), Decimal("0.9090909091"))

    before = {(row["table"], row["month"]): row for row in workbench.status("roles")}
    declare(workbench, "roles", shopee="counts")
    stale = {(row["table"], row["month"]) for row in workbench.status("roles") if row["state"] != "current"}
    gold = {table for table, _ in before if table.startswith("gold.")}
    assert stale == {(table, "2024-01") for table in gold}
    workbench.refine("roles")
    assert gross(workbench, "roles") == Decimal("1210.11")

    declare(workbench, "roles", shopee="off")
    stale = {(row["table"], row["month"]) for row in workbench.status("roles") if row["state"] != "current"}
    assert stale == {(table, "2024-01") for table in {*gold, "silver.sales", "silver.sales_quarantine"}}
    assert [run.error for run in workbench.refine("roles")] == [None]
    assert gross(workbench, "roles") == Decimal("550")
    assert {row["source_id"] for row in workbench.rows("silver.sales", "roles")} == {"main"}
    assert len(workbench.rows("bronze.sales", "roles")) == 22
    assert set(per_source(workbench, "roles")) == {"main"}

    declare(workbench, "roles", shopee="mirror")
    workbench.refine("roles")
    after = {(row["table"], row["month"]): row for row in workbench.status("roles")}
    assert {key: row["fingerprint"] for key, row in after.items()} == {
        key: row["fingerprint"] for key, row in before.items()
    }
    assert all(after[key] == before[key] for key in after if key[1] == "2024-02")


@pytest.mark.rule("R25")
def test_a_month_that_only_a_mirror_tells_of_has_no_figures(workbench: Workbench) -> None:
    workbench.add("only")
    declare(workbench, "only", shopee="mirror")
    workbench.land("only", ("shop.csv", shop([1, 2])), source="shopee")
    workbench.land("only", ("zero.csv", ERP), complete=Month(2024, 2))
    workbench.land("only", ("shop2.csv", shop([3, 4], "2024-02")), source="shopee")
    assert [run.error for run in workbench.refine("only")] == [None]
    assert workbench.rows("gold.sales_month", "only", "2024-01") == []
    assert per_source(workbench, "only")["shopee"]["matched_share"] is None
    # The counting source declared February to be zero, whatever a mirror says.
    assert gross(workbench, "only", "2024-02") == 0


@pytest.mark.rule("R25")
def test_a_source_that_turns_out_to_be_a_mirror_leaves_the_sums_of_its_earlier_months_as_well(
    workbench: Workbench,
) -> None:
    workbench.add("mirrored")
    workbench.land("mirrored", ("erp.csv", erp(range(1, 6))), ("feb.csv", erp(range(6, 20), "2024-02")))
    workbench.land("mirrored", ("shop.csv", shop(range(1, 6))), source="shopee")
    workbench.refine("mirrored")
    # Five orders are too few to say that it is the same source.
    assert gross(workbench, "mirrored") == Decimal("300.05")
    assert per_source(workbench, "mirrored")["shopee"]["matched_share"] == 1
    (landed,) = workbench.land("mirrored", ("feb_shop.csv", shop(range(6, 20), "2024-02")), source="shopee")
    (overlap,) = landed.entry.overlaps
    assert (overlap.compared, overlap.matched, overlap.mirror) == (19, 19, True)
    assert (overlap.matched_amount, overlap.against) == (Decimal("1900.19"), ("main",))
    assert sorted(map(str, landed.entry.touched)) == ["2024-01", "2024-02"]
    assert [run.error for run in workbench.refine("mirrored")] == [None]
    assert (gross(workbench, "mirrored"), gross(workbench, "mirrored", "2024-02")) == (Decimal("150"), Decimal("1750"))
    (report,) = file_reports(workbench.platform, workbench.platform.registry.get("mirrored"), "feb_shop.csv")
    january = {effect["measure"]: effect for effect in report["effects"] if effect["month"] == "2024-01"}
    assert (january["gross_revenue"]["before"], january["gross_revenue"]["after"]) == ("300.0500", "150.0000")
    (notice,) = [notice for notice in report["notices"] if "espelho" in notice]
    assert "19 de 19 pedidos (100 %), R$ 1.900,19" in notice


@pytest.mark.rule("R14")
def test_a_held_file_shows_its_reason_and_commands_on_its_months_and_changes_no_data_version(
    workbench: Workbench,
) -> None:
    workbench.add("seen")
    workbench.land("seen", ("erp.csv", erp(range(1, 13))))
    (held,) = workbench.land("seen", ("other.csv", erp(range(1, 13)).replace("0,00;", "1,00;")))
    assert (held.verdict, held.reason) == (Verdict.HELD, "STORE_LOOKALIKE")
    last, before, *_ = observations(workbench, OrgMonth.of("seen", "2024-01").key)
    assert last.metadata["reason"].value == "STORE_LOOKALIKE"
    assert "--confirm" in str(last.metadata["decide"].value)
    assert last.metadata["at_stake"].value == "BRL 780.00"
    assert last.tags["dagster/data_version"] == before.tags["dagster/data_version"]


@pytest.mark.rule("R14")
@pytest.mark.parametrize(("choice", "said"), [("--reject", "DECIDED_AGAINST"), ("--confirm", None)])
def test_a_decision_is_the_last_that_the_ui_shows_of_the_month(workbench: Workbench, choice: str, said: str) -> None:
    org = f"decided{choice.strip('-')}"
    workbench.add(org)
    workbench.land(org, ("erp.csv", erp(range(1, 13))))
    workbench.land(org, ("other.csv", erp(range(1, 13)).replace("0,00;", "1,00;")))
    assert datapilot(["decide", "other.csv", "--org", org, choice]) == 0
    last, waited, before = observations(workbench, OrgMonth.of(org, "2024-01").key)
    assert (last.metadata["file"].value, "decide" in last.metadata, "decide" in waited.metadata) == (
        "other.csv",
        False,
        True,
    )
    assert (last.metadata["reason"].value if "reason" in last.metadata else None) == said
    is_same = last.tags["dagster/data_version"] == before.tags["dagster/data_version"]
    assert is_same is (choice == "--reject")
    if said:
        # The report that was kept of the held file no longer asks for a decision.
        (report,) = file_reports(workbench.platform, workbench.platform.registry.get(org), "other.csv")
        kept = workbench.platform.store.read(report["stored_at"]).decode()
        assert REASONS[said].pt in kept
        assert "datapilot decide" not in kept


def observations(workbench: Workbench, partition: str) -> list[dg.AssetObservation]:
    """What the UI shows of a landed month, newest first."""
    wanted = dg.AssetRecordsFilter(asset_key=dg.AssetKey(["landing", "sales"]), asset_partitions=[partition])
    with workbench.instance() as instance:
        found = [record.asset_observation for record in instance.fetch_observations(wanted, 10).records]
    return [observation for observation in found if observation]
