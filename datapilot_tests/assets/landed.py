"""Test-side landing: bronze rows and entries as the real landing would write them, without decoding a file."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from datapilot_assets.silver.sales import classify_sales, count_fates, sales_quarantine, silver_sales
from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_domain.contracts.sales_fields import SALES_FIELDS
from datapilot_resources.lakehouse import arrow_schema

SAMPLES = Path(__file__).parents[1] / "samples"
FIELDS = tuple(column.name for column in SALES_FIELDS)
NUMBERS = tuple(column.name for column in SALES_FIELDS if column.holds == "number")
_TEXTS, _FLAGS = pa.map_(pa.string(), pa.string()), pa.map_(pa.string(), pa.bool_())
ENTRIES = pa.schema(
    [
        *((name, pa.string()) for name in ("content_id", "source_id", "file", "file_sha256")),
        ("landed_seq", pa.int32()),
        ("layout", pa.string()),
        ("arrived_on", pa.date32()),
        ("decimal_marks", _TEXTS),
        ("date_orders", _TEXTS),
        ("has", _FLAGS),
        ("line_level", pa.list_(pa.string())),
        *((name, pa.string()) for name in ("currency", "time_zone", "org_id")),
    ]
)
LOST = pa.schema(
    [
        ("landed_seq", pa.int32()),
        ("unit_key", pa.string()),
        ("line_no", pa.int32()),
        ("sold_on", pa.date32()),
        ("month", pa.string()),
    ]
)
FINGERPRINT = "f" * 32


@dataclass
class Landed:
    """Entries and bronze rows of one test."""

    records: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    lost: list[dict[str, Any]] = field(default_factory=list)
    _equal: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    def file(self, has: str, *, mark: str = ".", line_level: tuple[str, ...] = (), **more: Any) -> str:
        """A file with the fields `has` (names with blanks between); returns its content id."""
        content = more.pop("content_id", f"content{len(self.entries)}")
        entry = {
            "content_id": content,
            "source_id": "main",
            "file": f"{content}.csv",
            "file_sha256": hashlib.sha256(content.encode()).hexdigest(),
            "landed_seq": len(self.entries) + 1,
            "layout": "layout",
            "arrived_on": dt.date(2024, 4, 2),
            "decimal_marks": dict.fromkeys((name for name in NUMBERS if name in has.split()), mark),
            "date_orders": {"sold_at": "ymd"},
            "has": {name: name in has.split() for name in FIELDS},
            "line_level": list(line_level),
            "currency": "BRL",
            "time_zone": "America/Sao_Paulo",
            "org_id": "acme",
        }
        self.entries.append(entry | more)
        return content

    def line(self, content: str, **values: Any) -> dict[str, Any]:
        """A bronze row; source fields and decided columns by name, the decided ones worked out when absent."""
        row: dict[str, Any] = dict.fromkeys(BRONZE_SALES.column_names)
        sold_on = values.get("sold_on", dt.date(2024, 1, 10))
        event = values.get("event_type") or ("return" if values.get("quantity", "").startswith("-") else "sale")
        order = (content, values.get("store"), values.get("order_id"), event, event == "return" and sold_on)
        what = (values.get("sku") or values.get("product_name"), values.get("unit_price"))
        self._equal[order + what] += 1
        occurrence = self._equal[order + what]
        unit = order[1:] if values.get("order_id") else (*order[1:], sold_on, *what, occurrence)
        row |= {
            "month": f"{sold_on:%Y-%m}" if sold_on else "2024-01",
            "content_id": content,
            "record_no": sum(record["content_id"] == content for record in self.records) + 1,
            "sold_on": sold_on,
            "event_type": event,
            "unit_key": hashlib.sha256(repr(unit).encode()).hexdigest()[:32],
            "occurrence": occurrence,
            "sold_at": str(sold_on) if sold_on else None,
        }
        row |= values
        self.records.append(row)
        return row

    def classify(self, spark: SparkSession) -> DataFrame:
        return classify_sales(
            frame(spark, self.records, arrow_schema(BRONZE_SALES)),
            frame(spark, self.entries, ENTRIES),
            frame(spark, self.lost, LOST),
        )

    def refine(self, spark: SparkSession) -> Refined:
        classified = self.classify(spark).cache()
        marks = fingerprints(spark, *{row["month"] for row in self.records})
        try:
            return Refined(
                silver=[row.asDict() for row in silver_sales(classified, marks).collect()],
                quarantine=[row.asDict() for row in sales_quarantine(classified, marks).collect()],
                fates=[row.asDict() for row in count_fates(classified).collect()],
            )
        finally:
            classified.unpersist()


@dataclass(frozen=True)
class Refined:
    silver: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    fates: list[dict[str, Any]]

    def order(self, order_id: str) -> list[dict[str, Any]]:
        rows = [row for row in self.silver if row["order_id"] == order_id]
        return sorted(rows, key=lambda row: (row["record_no"], row["event_type"] == "return"))


def frame(spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> DataFrame:
    """Through Arrow: a frame made of Python rows would start Spark's Python workers first."""
    return spark.createDataFrame(pa.Table.from_pylist(list(rows), schema))


def fingerprints(spark: SparkSession, *months: str) -> DataFrame:
    schema = pa.schema([("month", pa.string()), ("fingerprint", pa.string())])
    return frame(spark, [{"month": month, "fingerprint": FINGERPRINT} for month in sorted(months)], schema)


def zero_months(spark: SparkSession, *months: str) -> DataFrame:
    schema = pa.schema([(name, pa.string()) for name in ("month", "currency", "org_id")])
    return frame(spark, [{"month": month, "currency": "BRL", "org_id": "acme"} for month in months], schema)


_ENGLISH = {
    **{
        "order_id": "order_id",
        "line": "line_no",
        "order_date": "sold_at",
        "sku": "sku",
        "amount": "line_amount",
    },
    **{"product": "product_name", "quantity": "quantity", "unit_price": "unit_price", "status": "status"},
    **{"order_discount": "order_discount", "customer_id": "customer_id", "state": "state"},
    **{"channel": "channel", "payment_method": "payment_method"},
}
_ERP = {
    **{"Nº Pedido": "order_id", "Item": "line_no", "Data": "sold_at", "Cód. Produto": "sku"},
    **{"Descrição": "product_name", "Qtde": "quantity", "Vlr. Unit.": "unit_price"},
    **{"Vlr. Total": "line_amount", "Situação": "status"},
}
_STOREFRONT = {
    **{"Número do Pedido": "order_id", "Data": "sold_at", "Status do Pagamento": "payment_status"},
    **{"Subtotal": "order_subtotal", "Desconto": "order_discount", "Valor do Frete": "order_freight"},
    **{"Total": "order_total", "Nome do Produto": "product_name", "Valor do Produto": "unit_price"},
    **{"Quantidade Comprada": "quantity", "SKU": "sku", "Meio de pagamento": "payment_method"},
    **{"Cliente": "customer_id"},
}
# Layout → encoding, delimiter, lines before the header, decimal mark, date format, header → field.
LAYOUTS: dict[str, tuple[str, str, int, str, str, dict[str, str]]] = {
    "english": ("utf-8", ",", 0, ".", "%Y-%m-%d", _ENGLISH),
    "erp_report_cp1252": ("cp1252", ";", 3, ",", "%d/%m/%y", _ERP),
    "storefront_latin1": ("latin-1", ";", 0, ".", "%d/%m/%Y", _STOREFRONT),
}


def land_sample(landed: Landed, name: str, layout: str) -> None:
    """Decode one file of the samples: continuation lines filled, totals left out, bad dates left undated."""
    encoding, delimiter, preamble, mark, date_format, mapping = LAYOUTS[layout]
    text = (SAMPLES / f"{name}__{layout}.csv").read_text(encoding).splitlines()[preamble:]
    content = landed.file(" ".join(mapping.values()), mark=mark)
    above: dict[str, str | None] = {}
    for written in csv.DictReader(text, delimiter=delimiter):
        values = {mapping[header]: written[header] or None for header in mapping}
        if (written.get("Nº Pedido") or "").startswith(("Total", "Registros")):
            continue
        if values["order_id"] == above.get("order_id"):
            repeated = {"sold_at", "payment_status", "payment_method", "customer_id"}
            values |= {name: above[name] for name in repeated & values.keys() if values[name] is None}
        above = values
        try:
            sold_on = (
                dt.datetime.strptime((values["sold_at"] or "").split(" ")[0], date_format)
                .replace(tzinfo=dt.timezone.utc)
                .date()
            )
        except ValueError:
            landed.line(content, **values | {"sold_on": None, "quantity": values["quantity"] or ""})
            continue
        defect = "RECORD_SHAPE:record" if None in written.values() else None
        landed.line(content, **values | {"sold_on": sold_on, "defect": defect, "quantity": values["quantity"] or ""})
