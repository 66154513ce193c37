"""A report as CSV for a spreadsheet: semicolons, numbers as the locale writes them, no cell that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from datapilot_assets.reports.markdown import verdict_name
from datapilot_assets.reports.model import FileReport
from datapilot_assets.reports.wording import Words
from datapilot_domain.spreadsheets import neutral

_COLUMNS = ("section", "item", "line", "column", "value", "count", "amount", "before", "after", "difference")
_FINEST = Decimal("0.0001")
_FATES = ("accepted", "superseded", "quarantined", "ignored")
Cells = dict[str, str | int | Decimal | None]


def report_csv(report: FileReport, locale: str) -> str:
    """One table for the whole report; write it with a byte order mark, or a spreadsheet misreads the accents."""
    words = Words(locale)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([words(name) for name in (*_COLUMNS, "what_to_do")])
    for row in _rows(report, words):
        writer.writerow([_cell(row.get(name), locale) for name in (*_COLUMNS, "what_to_do")])
    return out.getvalue()


def _rows(report: FileReport, words: Words) -> Iterator[Cells]:
    remedies = "; ".join(step.text for step in report.next_steps)
    verdict = words(verdict_name(report))
    yield {"section": words("file"), "item": report.file, "value": verdict, "what_to_do": remedies}
    if report.reason:
        yield {"section": words("why"), "item": report.reason, "value": report.detail}
    yield {"section": words("records"), "item": words("records"), "count": report.records}
    for fate in _FATES:
        yield {"section": words("records"), "item": words(f"fate_{fate}"), "count": getattr(report, fate)}
    for total in report.accepted_amounts:
        item = f"{words('sum_of_lines')} ({total.currency})"
        yield {"section": words("records"), "item": item, "amount": Decimal(total.amount)}
    for month in report.kept_months:
        text = words("kept_month", month=words.month(month.month))
        yield {"section": words("month"), "item": text, "value": month.text, "what_to_do": month.remedy}
    for group in report.reasons:
        amount = None if group.amount is None else Decimal(group.amount)
        whole: Cells = {"section": words("not_accepted"), "item": group.text, "count": group.count, "amount": amount}
        yield whole | {"what_to_do": group.remedy}
        for example in group.examples:
            column = example.header or words.field(example.column)
            found: Cells = {"line": example.line, "column": column, "value": example.value or words("blank")}
            yield found | {"section": words("not_accepted"), "item": group.text}
    for effect in report.effects:
        before, after = (None if value is None else Decimal(value) for value in (effect.before, effect.after))
        item = f"{words.month(effect.month)}: {words.measure(effect.measure)} ({effect.currency})"
        difference = None if before is None or after is None else after - before
        numbers: Cells = {"before": before, "after": after, "difference": difference}
        yield numbers | {"section": words("figures"), "item": item}
    for notice in report.notices:
        yield {"section": words("good_to_know"), "value": notice}
    if report.read_as:
        for read in report.read_as.columns:
            how = words.written(read.decimal_mark, read.date_order)
            yield {"section": words("read"), "column": read.column, "item": words.field(read.field), "value": how}
        for extra in report.read_as.extras:
            yield {"section": words("read"), "column": extra, "item": words("not_used")}


def _cell(value: str | int | Decimal | None, locale: str) -> str:
    """Numbers as the spreadsheet of the locale reads them, without thousands; text that runs nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = format(value.quantize(_FINEST, ROUND_HALF_UP).normalize(), "f")
        return text.replace(".", ",") if locale == "pt-BR" else text
    return neutral(value) if isinstance(value, str) else str(value)
