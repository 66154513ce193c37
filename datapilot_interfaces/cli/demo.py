"""`demo`: three organizations, three months, seeded faults; shown, checked, and kept in demo.json."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import typer

from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.options import FormatOption
from datapilot_interfaces.cli.output import Format, emit, plain, write_table

if TYPE_CHECKING:
    from datapilot_interfaces.demo.generator import Demo
    from datapilot_resources.platform import Platform

_BALANCE = "records = accepted + superseded\n+ quarantined + ignored"


def demo(form: FormatOption = Format.TABLE) -> None:
    """See it work: generated files in, KPIs out, every figure checked. Your own organizations are not touched."""
    from datapilot_interfaces.demo.generator import build_demo
    from datapilot_interfaces.demo.stage import (
        NotTheDemo,
        clear_store,
        demo_environment,
        demo_store,
        engines_log_to,
        fresh_home,
    )
    from datapilot_resources.platform import Platform

    started = time.monotonic()
    users = Platform.from_environment()
    home, store = users.settings.home, demo_store(users.settings)
    plan = build_demo()
    _check_names(users, plan)
    try:
        stage = fresh_home(home)
        with demo_environment(stage, store):
            played_on = Platform.from_environment()
            if store is not None:
                clear_store(played_on.store)
            for organization in plan.organizations:
                played_on.ledger.erase(organization.org)
    except NotTheDemo as error:
        raise CommandError("DEMO_FOLDER", str(error), "move it away, or set DATAPILOT_HOME") from error
    shown = sys.stdout if form is Format.TABLE else sys.stderr
    log = stage / "demo.log"
    with demo_environment(stage, store), engines_log_to(log, shown) as reader:
        result = _play(plan, reader, log)
    result["seconds"] = round(time.monotonic() - started, 1)
    (home / "demo.json").write_text(json.dumps(plain(result), ensure_ascii=False, indent=1) + "\n", "utf-8")
    if form is not Format.TABLE:
        emit(result["months"], form, tuple(result["months"][0]))
    _say_where_to_look(shown, stage, store, home / "demo.json", result)
    if not result["ok"]:
        raise CommandError("DEMO_FAILED", ", ".join(result["failed"]), f"see {home / 'demo.json'} and {log}")


def _play(plan: Demo, out: IO[str], log: Path) -> dict[str, Any]:
    """All chapters; what they returned, with the names of those that did not hold."""
    from datapilot_interfaces.demo.story import DemoFailed, Story
    from datapilot_resources.platform import Platform

    story = Story(plan, Platform.from_environment(), lambda text: _line(out, f"   {text} …"))
    try:
        _title(out, 1, "Nine files of three organizations, each in another layout, with faults on purpose")
        months = story.load()
        _table(out, months)
        _title(out, 2, "The ads of one of them: what the platforms claim, what its own sales verify")
        marketing = story.marketing()
        _show_marketing(out, marketing)
        _title(out, 3, "What the months say, in words; every number computed once more")
        insights = story.insights()
        _show_insights(out, insights)
        _title(out, 4, "A model writes instead, and lies once")
        lies = story.lying_model()
        _show_lies(out, lies)
        _title(out, 5, "A corrected January arrives")
        correction = story.correct()
        _show_correction(out, correction)
        _title(out, 6, "The same bytes again, under another name")
        again = story.same_bytes()
        _line(out, f"   {again['file']}: {again['verdict'].value} – {again['detail']}")
        _line(out, "   every table, version and fingerprint as before" if again["ok"] else "   SOMETHING CHANGED")
        _title(out, 7, "A file that is no sales table")
        refused = story.refuse()
        _line(out, f"   {refused['file']}: {refused['verdict'].value}, {refused['reason']} – {refused['text']}")
        _line(out, f"   {refused['detail']}")
        _line(out, f"   → {refused['remedy']}")
        _title(out, 8, "One organization tries to read another")
        trespass = story.trespass()
        write_table(trespass, ("attempt", "answer"), out)
        _title(out, 9, "What people must hear of, received by a webhook")
        alerts = story.alerts()
        _show_alerts(out, alerts)
        _title(out, 10, "A month as files, each byte read back")
        exports = story.exports()
        _show_exports(out, exports)
    except DemoFailed as error:
        raise CommandError("DEMO_FAILED", str(error), f"see {log}", Exit.FAILED) from error
    chapters = {
        "months": all(row["balances"] and row["as_expected"] for row in months),
        "marketing": marketing["ok"],
        "insights": insights["ok"],
        "lying_model": lies["ok"],
        "correction": correction["ok"],
        "same_bytes": again["ok"],
        "refused": refused["ok"],
        "trespass": all(attempt["ok"] for attempt in trespass),
        "alerts": alerts["ok"],
        "exports": exports["ok"],
    }
    return {
        "ok": all(chapters.values()),
        "failed": [name for name, held in chapters.items() if not held],
        "months": months,
        "marketing": marketing,
        "insights": insights,
        "lying_model": lies,
        "correction": correction,
        "same_bytes": again,
        "refused": refused,
        "trespass": trespass,
        "alerts": alerts,
        "exports": exports,
    }


def _line(out: IO[str], text: str) -> None:
    print(text, file=out, flush=True)


def _title(out: IO[str], number: int, text: str) -> None:
    _line(out, f"\n{number}  {text}")


def _table(out: IO[str], rows: list[dict[str, Any]]) -> None:
    shown = [
        {
            "organization": row["org_id"],
            "month": row["month"],
            _BALANCE: "{records} = {accepted} + {superseded} + {quarantined} + {ignored}".format(**row),
            "gross": row["gross_revenue"],
            "net": row["net_revenue"],
            "orders": row["paid_orders"],
            "ticket médio": row["average_ticket"],
            "": _verdict(row),
        }
        for row in rows
    ]
    write_table(shown, tuple(shown[0]), out)


def _verdict(row: dict[str, Any]) -> str:
    if not row["balances"]:
        return "DOES NOT BALANCE"
    return "✓" if row["as_expected"] else "NOT AS GENERATED"


def _show_marketing(out: IO[str], marketing: dict[str, Any]) -> None:
    """Months, and cost per conversion of February's weeks with a column per campaign."""
    shown = [
        {
            "month": row["month"],
            "spend": row["spend"],
            "ROAS claimed": row["roas_claimed"],
            "ROAS verified": row["roas_verified"],
            "days of ads": row["ads_days"],
            "sales of those days": row["gross_revenue_covered"],
            "": "✓" if row["as_expected"] else "NOT AS GENERATED",
        }
        for row in marketing["months"]
    ]
    weeks: dict[str, dict[str, Any]] = {}
    for row in marketing["weeks"]:
        if row["month"] == "2024-02":
            week = weeks.setdefault(row["iso_week"], {"cost per conversion": row["iso_week"]})
            week[row["campaign_name"]] = row["cost_per_conversion"]
    for rows in (shown, list(weeks.values())):
        write_table(rows, list(dict.fromkeys(name for row in rows for name in row)), out)
    if not marketing["ok"]:
        _line(out, "   NOT AS GENERATED: see demo.json")


def _show_insights(out: IO[str], told: dict[str, Any]) -> None:
    _line(out, f"   {told['organization']} {told['month']}")
    for insight in told["insights"]:
        _line(out, f"   · {insight['severity']:8} {insight['text']}")
    _line(out, f"   {told['numbers']} numbers computed again from gold, {told['wrong']} wrong; no model was asked")


def _show_lies(out: IO[str], told: dict[str, Any]) -> None:
    for item in told["rejected"]:
        _line(out, f"   rejected {', '.join(item['details'])}: {json.loads(item['text'])['body']}")
    _line(
        out,
        f"   {told['published_by_model']} of its texts published, {told['published_offline_instead']} in the offline"
        f" wording; {told['calls']} call, {told['input_tokens']} + {told['output_tokens']} tokens,"
        f" US$ {told['cost_usd']:f}",
    )


def _show_correction(out: IO[str], correction: dict[str, Any]) -> None:
    _line(
        out,
        f"   {correction['organization']} {correction['month']}: order {correction['gone']} gone,"
        f" {correction['raised']} raised, {correction['mended']} no longer on 31/02",
    )
    write_table(correction["effect"], ("measure", "before", "after", "change"), out)
    others = ", ".join(correction["other_months_changed"])
    _line(out, f"   ALSO CHANGED: {others}" if others else "   every other month as before")


def _show_alerts(out: IO[str], alerts: dict[str, Any]) -> None:
    for message in alerts["messages"]:
        _line(out, f"   to {message['channel']}, signed:")
        for line in message["text"].splitlines():
            _line(out, f"     {line}")
    _line(out, "   every message received once" if alerts["ok"] else "   NOT AS IT MUST BE: see demo.json")


def _show_exports(out: IO[str], exports: dict[str, Any]) -> None:
    """The workbook and the first file of each other format; demo.json names all."""
    files = {row["file"].rpartition(".")[2]: row for row in reversed(exports["files"])}
    for row in files.values():
        _line(out, f"   {row['file']}")
        _line(out, f"     {row['rows']} rows, {row['bytes']} bytes, sha256 {row['sha256'][:16]}…")
    wrong = sum(not row["verified"] for row in exports["files"])
    _line(out, f"   {len(exports['files'])} files read back, {wrong} are not what their manifest says")


def _check_names(users: Platform, plan: Demo) -> None:
    """Graph and serving schema know an organization by its id alone: the demo must not write over a user's."""
    if users.settings.neo4j_uri is None and users.settings.postgres_url is None:
        return
    theirs = sorted({organization.org for organization in plan.organizations} & set(users.registry.list()))
    if theirs:
        what = f"{', '.join(theirs)}: an organization of yours has the name of one of the demo's"
        raise CommandError("DEMO_NAMES", what, "unset NEO4J_URI and DATAPILOT_POSTGRES_URL for the demo")


def _say_where_to_look(out: IO[str], stage: Path, store: str | None, kept: Path, result: dict[str, Any]) -> None:
    where = os.path.relpath(stage) if stage.is_relative_to(Path.cwd()) else str(stage)
    name = "datapilot" if shutil.which("datapilot") else os.path.relpath(sys.argv[0])
    words = io.StringIO()
    _title(words, 11, "Where to look next")
    for text in (
        f"export DATAPILOT_HOME={where}",
        *([f"export DATAPILOT_STORE={store}"] if store else []),
        f"{name} show gold.sales_month --org padaria",
        f"{name} show gold.marketing_month --org modanorte",
        f"{name} insights --org modanorte --month 2024-03",
        f"{name} verify --org modanorte --month 2024-03",
        f"{name} page --org modanorte --month 2024-03",
        f"{name} report --org padaria",
        f"{name} quarantine --org modanorte",
        f"{name} alerts list",
        f"{name} export --org padaria --output files",
        f"{name} up          # the Dagster UI on http://127.0.0.1:3000",
    ):
        words.write(f"   {text}\n")
    state = "everything as it must be" if result["ok"] else "NOT as it must be: " + ", ".join(result["failed"])
    words.write(f"\n{state} · {result['seconds']:.0f} s · kept in {kept}\n")
    typer.echo(words.getvalue(), file=out, nl=False)
