"""Land one case in a process of its own, and say where the outcome differs from the prediction."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet

from datapilot_assets.landing.decode import decode_sales
from datapilot_domain.landing import Layout
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import Refusal
from datapilot_tests.fuzz.damages import ANYTHING, make_case
from datapilot_tests.fuzz.model import Prediction
from datapilot_tests.fuzz.rendering import product_text
from datapilot_tests.fuzz.tables import Table, encode
from datapilot_tests.fuzz.truth import ARRIVED_ON
from datapilot_tests.memory import peak_memory


@dataclass(frozen=True)
class Outcome:
    """What landing made of a file. `months`: records and ignored by month; `peak`: bytes of the process so far."""

    peak: int
    refusal: tuple[str, str] | None = None
    records: int = 0
    ignored: int = 0
    months: dict[str, tuple[int, int]] | None = None
    amount: Decimal = Decimal(0)
    rows: tuple[dict[str, Any], ...] = ()
    layout: Layout | None = None
    records_file: Path | None = None


def land_case(seed: int, number: int, folder: Path) -> Outcome:
    table = make_case(seed, number)
    return land(table.content, folder / str(number), table.rendering.time_zone)


def organization_of(time_zone: str) -> Organization:
    return Organization(org_id=OrgId("acme"), name="Acme", time_zone=time_zone)


def land_repeated(seed: int, number: int, times: int, workdir: Path) -> Outcome:
    """The case with all its records written so many times; its rows are not listed."""
    table = make_case(seed, number)
    content = encode(table.rendering, table.rows * times)
    return land(content, workdir, table.rendering.time_zone, with_rows=False)


def land(content: bytes, workdir: Path, time_zone: str, *, with_rows: bool = True) -> Outcome:
    workdir.mkdir(parents=True)
    path = workdir / "file.csv"
    path.write_bytes(content)
    try:
        decoded = decode_sales(
            path,
            sha256=hashlib.sha256(content).hexdigest(),
            organization=organization_of(time_zone),
            arrived_on=ARRIVED_ON,
            first_month=Month(2018, 1),
            customer_key=b"k" * 32,
            workdir=workdir,
        )
    except Refusal as refusal:
        return Outcome(peak_memory(), refusal=(refusal.code, str(refusal)))
    peak = peak_memory()
    units = pyarrow.parquet.read_table(decoded.units_file).column("amount").to_pylist()
    wanted = "record_no month sold_on event_type unit_key occurrence defect order_id sku product_name extras".split()
    rows = pyarrow.parquet.read_table(decoded.records_file, columns=wanted).to_pylist() if with_rows else []
    return Outcome(
        peak=peak,
        records=decoded.records,
        ignored=decoded.ignored,
        months={str(month): (count.records, count.ignored) for month, count in decoded.months.items()},
        amount=sum((amount for amount in units if amount is not None), Decimal(0)),
        rows=tuple(sorted(rows, key=lambda row: row["record_no"])),
        layout=decoded.layout,
        records_file=decoded.records_file,
    )


def conservation_faults(outcome: Outcome) -> list[str]:
    """R10 as it must hold of any accepted file, whatever is in it."""
    numbers = [row["record_no"] for row in outcome.rows]
    months = outcome.months or {}
    in_months = Counter(row["month"] for row in outcome.rows)
    return [
        what
        for what, holds in {
            "records = rows + ignored": outcome.records == len(numbers) + outcome.ignored,
            "a record is there once": len(set(numbers)) == len(numbers),
            "record numbers lie in the file": all(1 <= n <= outcome.records for n in numbers),
            "months sum to the records": sum(records for records, _ in months.values()) == outcome.records,
            "months sum to the ignored": sum(ignored for _, ignored in months.values()) == outcome.ignored,
            "a month has its rows": {m: r - i for m, (r, i) in months.items() if r - i} == dict(in_months),
        }.items()
        if not holds
    ]


def differences(table: Table, prediction: Prediction, outcome: Outcome) -> list[str]:
    """Everything in which landing and the model differ."""
    if table.damage in ANYTHING:
        return [] if outcome.refusal else [*conservation_faults(outcome), *_swallowed(table, outcome)]
    if outcome.refusal or prediction.refused:
        code = outcome.refusal[0] if outcome.refusal else "accepted"
        right = code in prediction.refused
        return [] if right else [f"{outcome.refusal or code}, not {sorted(prediction.refused) or 'accepted'}"]
    found = conservation_faults(outcome)
    fates = prediction.fates
    if outcome.records != len(fates):
        return [*found, f"{outcome.records} records, not {len(fates)}"]
    rows = {row["record_no"]: row for row in outcome.rows}
    for number, fate in fates.items():
        if (fate.fate == "ignored") == (number in rows):
            found.append(f"record {number} is {'kept' if number in rows else 'ignored'}: {table.rows[number - 1]}")
        elif number in rows:
            found += [f"record {number}: {text}" for text in _row_differences(table, number, rows[number], prediction)]
    if outcome.months != prediction.months:
        found.append(f"months {outcome.months}, not {prediction.months}")
    if outcome.amount != prediction.amount:
        found.append(f"amount {outcome.amount}, not {prediction.amount}")
    return found + _unit_differences(table, prediction, rows)


def _swallowed(table: Table, outcome: Outcome) -> list[str]:
    """Records that lie inside a cell of a record that passes for whole: their money would be gone in silence."""
    texts = [
        (row["record_no"], text)
        for row in outcome.rows
        if row["defect"] is None
        for text in (row["order_id"], row["sku"], row["product_name"], *(value for _, value in row["extras"] or ()))
        if text and "quadro" not in text.lower() and len(text.splitlines()) > 1
    ]
    return [f"record {number} swallowed others: {text!r}" for number, text in texts if table.damage == "quote opened"]


def _row_differences(table: Table, number: int, row: dict[str, Any], prediction: Prediction) -> list[str]:
    fate, line = prediction.fates[number], table.rows[number - 1].line
    assert line is not None
    expected = {"month": fate.month, "sold_on": fate.sold_on, "event_type": fate.event}
    if line.fault not in ("short", "nobody"):
        expected |= {"product_name": product_text(table.rendering, line)} if table.layout.has("product") else {}
        expected |= {"sku": line.sku} if table.layout.has("sku") else {}
        # A broken first line lends nothing to the lines that continue it.
        if table.rendering.repeats != "nothing" or fate.reason != "DATE_MISSING":
            expected |= {"order_id": line.order.number}
    if (row["defect"] is not None) != (fate.reason == "RECORD_SHAPE"):
        return [f"defect {row['defect']} where {fate}"]
    return [f"{name} {row[name]!r}, not {value!r}" for name, value in expected.items() if row[name] != value]


def _unit_differences(table: Table, prediction: Prediction, rows: dict[int, dict[str, Any]]) -> list[str]:
    """Good lines share a unit when they are of one order event, and only then; a keyless line has its own (R21)."""
    units: dict[object, set[str]] = {}
    for number, fate in prediction.fates.items():
        line = table.rows[number - 1].line
        if line and fate.fate == "good" and number in rows:
            unit = id(line.order) if line.order.number else number
            units.setdefault(unit, set()).add(rows[number]["unit_key"])
    torn = [keys for keys in units.values() if len(keys) > 1]
    shared = len(set().union(*units.values())) < len(units) if units else False
    return [*(f"one order has units {keys}" for keys in torn), *(["units are shared"] if shared else [])]
