"""Reports written by hand, as the facts would give them."""

from __future__ import annotations

from typing import Any

from datapilot_assets.reports.model import (
    Amount,
    Effect,
    Example,
    FileReport,
    ReadColumn,
    Reading,
    ReasonGroup,
    Step,
)

NASTY = "ven|das\n<img src=x>`_*.csv"


def effect(measure: str, before: str | None, after: str | None, month: str = "2024-01") -> Effect:
    return Effect(month=month, measure=measure, currency="BRL", before=before, after=after)


def report(**changes: Any) -> FileReport:
    example = Example(
        record=12, line=13, column="sold_at", header="Dt. Venda", value="31/02/2024",
        text="order_id=7; sold_at=31/02/2024; customer_name=***",
    )  # fmt: skip
    reason = ReasonGroup(
        code="DATE_UNREADABLE", count=5, amount="1234.5000", text="A data não existe.", remedy="Corrija a data.",
        examples=(example,),
    )  # fmt: skip
    reading = Reading(
        table="Vendas|2024",
        currency_hint="USD",
        encoding="cp1252",
        delimiter=";",
        columns=(
            ReadColumn(column="Nº Pedido", field="order_id", decimal_mark=None, date_order=None),
            ReadColumn(column="Dt. Venda", field="sold_at", decimal_mark=None, date_order="dmy"),
            ReadColumn(column="Valor", field="line_amount", decimal_mark=",", date_order=None),
        ),
        extras=("Obs|<b>",),
    )
    values: dict[str, Any] = {
        "file": "vendas.csv", "records": 20, "accepted": 12, "superseded": 1, "quarantined": 5, "ignored": 2,
        "effects": (effect("gross_revenue", "1000.0000", "2234.5600"), effect("paid_orders", "10", "9")),
        "seq": 3, "org_id": "acme", "sha256": "a" * 64, "source": "main", "arrived_at": "2024-02-12T03:00:00-03:00",
        "verdict": "accepted", "reason": None, "detail": "", "counts": True, "pending": False,
        "share_accepted": "0.7222222222", "accepted_amounts": (Amount(currency="BRL", amount="98765.4300"),),
        "first_date": "2024-01-02", "last_date": "2024-01-31", "read_as": reading, "reasons": (reason,),
        "notices": ("=1+1 pedidos | mantidos",), "next_steps": (Step(text="Corrija.", commands=("datapilot x",)),),
        "stored_at": "org_id=acme/reports/000003-vendas.report.md",
    }  # fmt: skip
    return FileReport.model_validate(values | changes)
