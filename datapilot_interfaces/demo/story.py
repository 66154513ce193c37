"""The demo's walk: land, refine, compare, correct, repeat, refuse, trespass; every figure is held against the truth."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from datapilot_assets.landing.inbox import inbox_key
from datapilot_assets.landing.intake import Landed
from datapilot_assets.runs import run_refine
from datapilot_assets.status import table_status
from datapilot_domain.commands import remedy_command
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.ads_gold import CAMPAIGN_WEEK, MARKETING_MONTH
from datapilot_domain.contracts.sales_gold import SALES_MONTH
from datapilot_domain.landing import Declaration, Verdict
from datapilot_domain.organizations import MAIN_SOURCE, InvalidName, Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS, Reason
from datapilot_interfaces.cli.landing import take_in
from datapilot_interfaces.cli.tables import table_rows
from datapilot_interfaces.demo.accounts import FATES, balances, month_accounts
from datapilot_interfaces.demo.ads_truth import MarketingFigures, WeekFigures
from datapilot_interfaces.demo.alerts import alerts_received
from datapilot_interfaces.demo.exports import exported_month
from datapilot_interfaces.demo.generator import JANUARY, Demo, DemoFile, DemoOrganization
from datapilot_interfaces.demo.insights import lying_model, told_month
from datapilot_interfaces.demo.orders import Figures
from datapilot_resources.platform import Platform
from datapilot_resources.registry import UnknownOrganization

Say = Callable[[str], None]
MEASURES = tuple(field.name for field in fields(Figures))
_TRESPASSES = (
    "{other}' OR '1'='1",
    "../{other}",
    "{org}/../{other}",
    "{org}|{other}",
    "{other}\n",
    "{other}\u0445",
)  # the last ends in a Cyrillic letter


class DemoFailed(RuntimeError):
    """A step did not do what it must; the message says which."""


@dataclass
class Story:
    """One walk through the pipeline. Each method is one chapter and returns what `demo.json` keeps of it."""

    demo: Demo
    platform: Platform
    say: Say

    def load(self) -> list[dict[str, Any]]:
        """Register the organizations, land their sales and ads, refine. One row per organization and month."""
        for found in self.demo.organizations:
            self.platform.registry.add(Organization(org_id=found.org, name=found.name))
            self.say(f"landing {len(found.files)} files of {found.name} ({found.layout.title})")
        everything = [(found.org, file) for found in self.demo.organizations for file in found.files]
        _all_are(self._land(everything), Verdict.ACCEPTED)
        ads = self.demo.ads
        for files, declared in ((ads.meta, {"set_id": "meta"}), (ads.google, {})):
            self.say(f"landing {', '.join(files)} of {ads.org}")
            drops = [(ads.org, DemoFile(name, content)) for name, content in files.items()]
            _all_are(self._land(drops, **declared), Verdict.ACCEPTED)
        self._refine([found.org for found in self.demo.organizations])
        return [row for found in self.demo.organizations for row in self._months(found, found.files)]

    def marketing(self) -> dict[str, Any]:
        """Ads beside sales: claimed and verified return of each month, cost per conversion of each week."""
        ads = self.demo.ads
        found_months = {
            Month.parse(row["month"]): row for row in table_rows(self.platform, MARKETING_MONTH, ads.org, None)
        }
        found_weeks = {
            (row["iso_week"], row["campaign_id"]): row
            for row in table_rows(self.platform, CAMPAIGN_WEEK, ads.org, None)
        }
        months = [{**row, "as_expected": _agrees(row, ads.months.get(month))} for month, row in found_months.items()]
        weeks = [{**row, "as_expected": _agrees(row, ads.weeks.get(key))} for key, row in found_weeks.items()]
        whole = found_months.keys() == ads.months.keys() and found_weeks.keys() == ads.weeks.keys()
        return {
            "organization": ads.org,
            "months": months,
            "weeks": weeks,
            "ok": whole and all(row["as_expected"] for row in (*months, *weeks)),
        }

    def insights(self) -> dict[str, Any]:
        """The last month of the ads' organization in words."""
        return told_month(self.platform, self.demo.ads.org, max(self.demo.ads.months))

    def lying_model(self) -> dict[str, Any]:
        """The month before it by a model that lies once."""
        org, month = self.demo.ads.org, sorted(self.demo.ads.months)[-2]
        self.say(f"asking a model for the texts of {org} {month}")
        return lying_model(self.platform, org, month)

    def correct(self) -> dict[str, Any]:
        """January of the first organization again, mended, in place of the first file."""
        found, correction = self.demo.organizations[0], self.demo.correction
        before = self._state(found.org)
        self.say(f"landing {correction.file.name} with --replaces {correction.replaces}")
        _all_are(self._land([(found.org, correction.file)], replaces=correction.replaces), Verdict.ACCEPTED)
        self._refine([found.org])
        after = self._state(found.org)
        files = [correction.file, *found.files[1:]]
        truth = {**found.truth, JANUARY: correction.truth}
        months = self._months(found, files, truth, replaced=found.files[0])
        old, new = before[JANUARY], after[JANUARY]
        effect = [
            {"measure": name, "before": old[name], "after": new[name], "change": new[name] - old[name]}
            for name in ("records", *FATES, *MEASURES)
            if old[name] != new[name]
        ]
        others = [str(month) for month in before if month != JANUARY and before[month] != after[month]]
        return {
            "organization": found.org,
            "month": JANUARY,
            "gone": correction.gone,
            "raised": correction.raised,
            "mended": correction.mended,
            "effect": effect,
            "other_months_changed": others,
            "months": months,
            "ok": not others and bool(effect) and all(row["balances"] and row["as_expected"] for row in months),
        }

    def same_bytes(self) -> dict[str, Any]:
        """A file that is already there, under another name: nothing may change."""
        found = self.demo.organizations[1]
        file = found.files[1]
        before = table_status(self.platform, found.org)
        (landed,) = self._land([(found.org, file)], name=self.demo.again_as)
        self._refine([found.org])
        unchanged = before == table_status(self.platform, found.org)
        return {
            "file": self.demo.again_as,
            "verdict": landed.verdict,
            "detail": landed.found.words("en") if landed.found else "",
            "status_unchanged": unchanged,
            "ok": landed.verdict is Verdict.ALREADY_LOADED and unchanged,
        }

    def refuse(self) -> dict[str, Any]:
        """A table of something else: refused with its reason, the bytes kept, nothing changed."""
        found = self.demo.organizations[0]
        file = DemoFile(self.demo.refused_name, self.demo.refused)
        before = table_status(self.platform, found.org)
        (landed,) = self._land([(found.org, file)])
        reason = REASONS[landed.reason] if landed.reason else None
        return {
            "file": file.name,
            "verdict": landed.verdict,
            "reason": landed.reason,
            "text": reason.en if reason else None,
            "detail": landed.found.words("en") if landed.found else "",
            "remedy": _remedy(landed, reason) if reason else None,
            "ok": landed.verdict is Verdict.REFUSED and before == table_status(self.platform, found.org),
        }

    def trespass(self) -> list[dict[str, Any]]:
        """One organization tries to read another: by name tricks, and by looking for the other's canary."""
        mine, other = self.demo.organizations[0], self.demo.organizations[1]
        attempts = []
        for trick in _TRESPASSES:
            name = trick.format(org=mine.org, other=other.org)
            attempts.append({"attempt": f"read --org {name!r}", **_refused_name(self.platform, name)})
        for reader, owner in ((mine, other), (other, mine)):
            rows = [
                row for contract in CONTRACTS.values() for row in table_rows(self.platform, contract, reader.org, None)
            ]
            text = str(rows)
            own, foreign = text.count(reader.canary.sku), text.count(owner.canary.sku)
            attempts.append(
                {
                    "attempt": f"find {owner.canary.sku} in all {len(rows)} rows of {reader.org}",
                    "answer": f"{foreign} times (its own canary: {own} times)",
                    "ok": foreign == 0 and own > 0,
                }
            )
        return attempts

    def alerts(self) -> dict[str, Any]:
        """What people must hear of the first organization, received over HTTP."""
        return alerts_received(self.platform, self.demo.organizations[0].org)

    def exports(self) -> dict[str, Any]:
        """The last month of the ads' organization as files."""
        org, month = self.demo.ads.org, max(self.demo.ads.months)
        self.say(f"exporting {org} {month}")
        return exported_month(self.platform, org, month)

    # -------------------------------------------------------------------------------------------------

    def _land(self, files: Sequence[tuple[OrgId, DemoFile]], name: str | None = None, **declared: Any) -> list[Landed]:
        """Land the files in one intake, as `datapilot land` does, under their own names or `name`."""
        declaration = Declaration.model_validate(declared)
        with tempfile.TemporaryDirectory(prefix="datapilot-demo-") as folder:
            drops = []
            for number, (org, file) in enumerate(files):
                path = Path(folder, str(number), name or file.name)
                path.parent.mkdir()
                path.write_bytes(file.content)
                drops.append((inbox_key(org, MAIN_SOURCE, declaration, path.name), path))
            landed, problems = take_in(self.platform, drops)
        if problems or len(landed) != len(files):
            raise DemoFailed("; ".join(problems) or "landing: a file got no answer")
        return landed

    def _refine(self, orgs: Sequence[OrgId]) -> None:
        self.say(f"refining {', '.join(orgs)}: silver, gold, gates")
        failed = [result for result in run_refine(self.platform, orgs, None) if not result.succeeded]
        if failed:
            raise DemoFailed("; ".join(f"{result.org}: {result.error}" for result in failed))

    def _state(self, org: OrgId) -> dict[Month, dict[str, Any]]:
        gold = {Month.parse(row["month"]): row for row in table_rows(self.platform, SALES_MONTH, org, None)}
        accounts = month_accounts(self.platform, org)
        return {month: {**accounts[month], **gold[month]} for month in accounts}

    def _months(
        self,
        found: DemoOrganization,
        files: Sequence[DemoFile],
        truth: Mapping[Month, Figures] | None = None,
        replaced: DemoFile | None = None,
    ) -> list[dict[str, Any]]:
        """Rows of the one table; `as_expected`: counts and figures are those of the generator."""
        truth = truth or found.truth
        state = self._state(found.org)
        accounts = month_accounts(self.platform, found.org)
        rows = []
        for month in sorted(truth):
            expected = {
                "accepted": sum(file.accepted[month] for file in files),
                "quarantined": sum(file.quarantined[month] for file in files),
                "ignored": sum(file.ignored[month] for file in files),
                "superseded": replaced.accepted[month] + replaced.quarantined[month] if replaced else 0,
            }
            here = state.get(month, {})
            as_expected = all(here.get(fate) == count for fate, count in expected.items()) and all(
                here.get(name) == getattr(truth[month], name) for name in MEASURES
            )
            rows.append(
                {
                    "org_id": found.org,
                    "month": month,
                    **{name: here.get(name) for name in ("records", *FATES)},
                    **{name: here.get(name) for name in MEASURES},
                    "balances": month in accounts and balances(accounts[month]),
                    "as_expected": as_expected,
                }
            )
        return rows


def _all_are(landed: Sequence[Landed], verdict: Verdict) -> None:
    for item in landed:
        if item.verdict is not verdict:
            raise DemoFailed(item.line)


def _agrees(row: Mapping[str, Any], truth: MarketingFigures | WeekFigures | None) -> bool:
    return truth is not None and all(row[field.name] == getattr(truth, field.name) for field in fields(truth))


def _refused_name(platform: Platform, name: str) -> dict[str, Any]:
    try:
        platform.registry.get(name)
    except (InvalidName, UnknownOrganization) as error:
        return {"answer": "refused: " + str(error).partition(": ")[2], "ok": True}
    return {"answer": "answered", "ok": False}


def _remedy(landed: Landed, reason: Reason) -> str:
    command = remedy_command(reason, landed.entry.org_id, landed.file)
    return f"{reason.remedy_en} {command}".rstrip()
