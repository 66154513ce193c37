"""A workbench: a store, its registry, and the same runs that the command line makes, in one process."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from datapilot_assets.consumers import CONSUMERS
from datapilot_assets.dagster_home import prepare_dagster_home
from datapilot_assets.landing.inbox import inbox_key
from datapilot_assets.landing.intake import Landed
from datapilot_assets.runs import RunResult, run_intake, run_refine
from datapilot_assets.status import table_status
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.landing import Declaration
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform

SAMPLES = Path(__file__).parent / "samples"
LAYOUTS = ("english", "excel_br_cp1252", "utf8bom_caps", "storefront_latin1", "erp_report_cp1252")
MONTHS = ("2024-01", "2024-02", "2024-03")


def sample(month: str, layout: str) -> Path:
    return SAMPLES / f"vendas_{month}__{layout}.csv"


@dataclass
class Workbench:
    platform: Platform

    def add(self, org: str, **settings: Any) -> OrgId:
        organization = Organization(org_id=OrgId(org), name=org, **settings)
        assert self.platform.registry.add(organization)
        return organization.org_id

    def land(
        self, org: str, *files: Path | tuple[str, str | bytes], source: str = "main", **declaration: Any
    ) -> list[Landed]:
        """Drop files (paths, or name and content) into the inbox with one declaration and land them."""
        keys = []
        for file in files:
            name, content = (file.name, file.read_bytes()) if isinstance(file, Path) else file
            key = inbox_key(OrgId(org), source, Declaration(**declaration), name)
            self.platform.store.write(key, content.encode() if isinstance(content, str) else content)
            keys.append(key)
        return run_intake(self.platform, keys)

    def refine(self, *orgs: str, months: Sequence[str] | None = None, family: str | None = "sales") -> list[RunResult]:
        """Refine every family; the runs of this one (None: of all, and of the consumers)."""
        wanted = [Month.parse(month) for month in months] if months else None
        runs = run_refine(
            self.platform, [OrgId(org) for org in orgs], wanted, consumers=CONSUMERS if family is None else ()
        )
        return [run for run in runs if family in (None, run.family)]

    def rows(self, table: str, org: str, month: str | None = None) -> list[dict[str, Any]]:
        months = [Month.parse(month)] if month else None
        return self.platform.lakehouse.read(CONTRACTS[table], OrgId(org), months).to_pylist()

    def month(self, org: str, month: str) -> dict[str, Any]:
        (row,) = self.rows("gold.sales_month", org, month)
        return row

    def status(self, org: str) -> list[dict[str, Any]]:
        return table_status(self.platform, OrgId(org))

    def instance(self) -> dg.DagsterInstance:
        prepare_dagster_home(self.platform.settings)
        return dg.DagsterInstance.get()


def assert_month(row: dict[str, Any], expected: dict[str, Any], has_discount: bool = True) -> None:
    """A row of gold.sales_month against the independent figures of the samples."""
    assert row["lines"] == expected["lines_in_file"]
    assert row["gross_revenue"] == Decimal(expected["gross"])
    assert row["returns_amount"] == Decimal(expected["returns"])
    assert row["cancelled_amount"] == Decimal(expected["cancelled_excluded"])
    assert row["paid_orders"] == expected["orders"]
    assert row["units"] == expected["units"]
    assert round(row["average_ticket"], 2) == Decimal(expected["ticket_medio_gross"])
    if has_discount:
        assert row["discounts"] == Decimal(expected["discount"])
        assert row["net_revenue"] == Decimal(expected["net_of_returns_and_discount"])
    else:
        assert row["discounts"] is None
        assert row["net_revenue"] == Decimal(expected["net_of_returns"])


def assert_products(rows: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    ranked = sorted(rows, key=lambda row: row["rank"])
    assert [row["rank"] for row in ranked] == list(range(1, len(ranked) + 1))
    got = [[row["product_key"], row["gross_revenue"], row["units"]] for row in ranked]
    assert got == [[key, Decimal(gross), units] for key, gross, units in expected["top_products"]]


def utc(*numbers: int) -> dt.datetime:
    return dt.datetime(*numbers, tzinfo=dt.timezone.utc)  # type: ignore[misc,arg-type]


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """One empty home per test module; tests share it and use organizations of their own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATAPILOT_HOME", str(home))
        yield Workbench(Platform.from_environment())
