"""A report as markdown, for the person who sent the file. Text of the file is escaped wherever it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from datapilot_assets.reports.model import Effect, FileReport, ReasonGroup
from datapilot_assets.reports.quarantined import fields_of
from datapilot_assets.reports.wording import Words
from datapilot_domain.locales import format_moment, format_share
from datapilot_domain.markdown import code, code_block, escape, paragraph, table
from datapilot_domain.reasons import REASONS

_FATES = ("accepted", "superseded", "quarantined", "ignored")


def verdict_name(report: FileReport) -> str:
    """The verdict's name among the texts: an accepted file may be accepted in part, or have no figures yet."""
    if not report.counts:
        return report.verdict
    if report.kept_months:
        return "accepted_kept"
    if report.pending:
        return "accepted_pending"
    return "accepted_in_part" if report.quarantined else "accepted"


def report_markdown(report: FileReport, locale: str) -> str:
    words = Words(locale)
    arrived = format_moment(dt.datetime.fromisoformat(report.arrived_at), locale)
    came = f"{words('received')} {arrived} · {words('source')} {escape(report.source)}"
    if report.source_role in ("mirror", "off"):
        came += f" ({words(f'role_{report.source_role}')})"
    lines = [
        f"# {words('report_of')}: {escape(report.file)}",
        "",
        f"**{words(verdict_name(report))}** · {came}",
    ]
    for part in (_why, _fates, _not_accepted, _figures, _good_to_know, _to_do, _reading):
        if found := part(report, words):
            lines += ["", *found]
    return "\n".join(lines) + "\n"


def _why(report: FileReport, words: Words) -> list[str]:
    lines = []
    if report.reason in REASONS:
        lines += [f"**{words('why')}:** {escape(REASONS[report.reason].text(words.locale))} ({code(report.reason)})"]
    if report.detail:
        lines += ["", f"**{words('found')}:** {escape(report.detail)}"]
    if report.at_stake is not None and not report.counts:
        lines += [
            "",
            f"**{words('at_stake')}:** {escape(words.money(report.at_stake.amount, report.at_stake.currency))}",
        ]
    for month in report.kept_months:
        text = words("kept_month", month=words.month(month.month))
        lines += ["", f"**{escape(text)}** {escape(month.text)} ({code(month.code)})"]
    return lines[1:] if lines and not lines[0] else lines


def _fates(report: FileReport, words: Words) -> list[str]:
    if not report.counts and not report.records:
        return []
    if report.accepted is None and not report.months:
        return []
    if report.accepted is None:
        counted = [(escape(words.month(m.month)), words.count(m.records)) for m in report.months]
        return table((words("months"), words("records")), counted, numbers=(1,))
    numbers = [report.records, *(getattr(report, name) for name in _FATES)]
    header = (words("records"), *(words(f"fate_{name}") for name in _FATES))
    lines = table(header, [[words.count(n) for n in numbers]], numbers=range(5))
    if report.share_accepted is not None and report.ignored is not None:
        total = words.count(report.records - report.ignored)
        share = format_share(Decimal(report.share_accepted), words.locale)
        good = words.count(report.accepted + (report.superseded or 0))
        said = f"**{words('good_of_all', good=good, total=total, share=share)}**"
        if report.superseded:
            said += f", {words('replaced_since', count=words.count(report.superseded))}"
        money = " + ".join(words.money(sum_.amount, sum_.currency) for sum_ in report.accepted_amounts)
        said += f"; **{escape(money)}** ({words('sum_of_lines')})" if money else ""
        if report.first_date and report.last_date:
            said += ", " + words("from_to", first=words.date(report.first_date), last=words.date(report.last_date))
        lines += ["", f"{said}."]
    return [*lines, "", f"*{words('fate_meaning')}*"]


def _not_accepted(report: FileReport, words: Words) -> list[str]:
    lines = [f"## {words('not_accepted')}"] if report.reasons else []
    for group in report.reasons:
        lines += ["", *_reason(group, report, words)]
    return lines


def _reason(group: ReasonGroup, report: FileReport, words: Words) -> list[str]:
    currency = report.accepted_amounts[0].currency if report.accepted_amounts else None
    amount = f", {words.money(group.amount, currency)}" if group.amount is not None and currency else ""
    lines = [f"### {words.records(group.count)}{escape(amount)}: {escape(group.text)} ({code(group.code)})", ""]
    rows = [
        [
            words.count(example.line),
            escape(example.header or words.field(example.column)),
            escape(example.value) if example.value else words("blank"),
            _in_their_words(example.text, report),
        ]
        for example in group.examples
    ]
    header = (words("line"), words("column"), words("value"), words("record"))
    lines += table(header, rows, numbers=(0,))
    if group.count > len(group.examples):
        lines += ["", words("and_more", count=words.count(group.count - len(group.examples)))]
    return [*lines, "", f"**{words('what_to_do')}:** {escape(group.remedy)}"]


def _in_their_words(text: str, report: FileReport) -> str:
    """The fields of a record under the headers of their file."""
    headers: dict[str, str] = {}
    for column in report.read_as.columns if report.read_as else ():
        headers.setdefault(column.field, column.column)
    return escape(" · ".join(f"{headers.get(name, name)}: {value}" for name, value in fields_of(text).items()))


def _figures(report: FileReport, words: Words) -> list[str]:
    if not report.counts or (report.pending and not report.effects):
        return []
    lines = [f"## {words('figures')}"]
    if not report.effects:
        return [*lines, "", words("nothing_changed")]
    if report.computed_with:
        lines += ["", f"{words('computed_with')}: {', '.join(map(escape, report.computed_with))}."]
    for month in dict.fromkeys(effect.month for effect in report.effects):
        changed = [effect for effect in report.effects if effect.month == month and not _is_first_zero(effect)]
        header = (words("kpi"), words("before"), words("after"), words("difference"))
        lines += ["", f"### {escape(words.month(month))}", ""]
        lines += table(header, (_effect(effect, words) for effect in changed), numbers=(1, 2, 3))
    return lines


def _effect(effect: Effect, words: Words) -> list[str]:
    return [escape(words.measure(effect.measure)), *(escape(cell) for cell in effect_cells(effect, words))]


def _is_first_zero(effect: Effect) -> bool:
    """A measure that a new month has and that is nothing: true, and no news."""
    return effect.before is None and effect.after is not None and Decimal(effect.after) == 0


def effect_cells(effect: Effect, words: Words) -> list[str]:
    """Before, after and difference as people write them; a figure that nobody knew is a dash, a first one is new."""
    before, after = (None if value is None else Decimal(value) for value in (effect.before, effect.after))
    shown = ["–" if v is None else words.figure(effect.measure, v, effect.currency) for v in (before, after)]
    if before is None or after is None:
        return [*shown, words("new") if before is None else "–"]
    difference = words.figure(effect.measure, after - before, effect.currency)
    return [*shown, f"+{difference}" if after > before else difference]


def _good_to_know(report: FileReport, words: Words) -> list[str]:
    notices = [f"- {paragraph(notice)}" for notice in report.notices]
    return [f"## {words('good_to_know')}", "", *notices] if notices else []


def _to_do(report: FileReport, words: Words) -> list[str]:
    lines = [f"## {words('what_to_do')}", ""]
    if not report.next_steps:
        return [*lines, words("nothing_to_do")]
    for number, step in enumerate(report.next_steps, start=1):
        lines.append(f"{number}. {paragraph(step.text)}")
        if step.commands:
            lines += ["", *_indented(code_block(step.commands)), ""]
    return lines if lines[-1] else lines[:-1]


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"   {line}" for line in lines]


def _reading(report: FileReport, words: Words) -> list[str]:
    read = report.read_as
    if read is None:
        return []
    delimiter = words.delimiter(read.delimiter)
    said = [f"{words('encoding')} {escape(read.encoding)}, {words('delimiter')}: {escape(delimiter)}."]
    if read.table:
        said.append(f"{words('table')}: {escape(read.table)}.")
    if read.currency_hint:
        said.append(f"{words('currency')}: {escape(read.currency_hint)}.")
    lines = [
        f"## {words('read')}",
        "",
        " ".join(said),
        "",
        *table(
            (words("column"), words("taken_for"), words("written")),
            (
                [escape(c.column), escape(words.field(c.field)), words.written(c.decimal_mark, c.date_order)]
                for c in read.columns
            ),
        ),
    ]
    if read.extras:
        lines += ["", f"{words('not_used')}: {', '.join(escape(column) for column in read.extras)}."]
    return lines
