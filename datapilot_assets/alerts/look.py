"""One look at everything that could be worth an alert; what is found goes into the alert book.

An organization that cannot be looked at is itself an alert of the platform, and never keeps the next one from its turn.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from datapilot_assets.alerts.business import business_conditions
from datapilot_assets.alerts.files import undecided_files
from datapilot_assets.alerts.gates import failed_gate_conditions
from datapilot_assets.alerts.months import late_and_missing, restated_months
from datapilot_domain.alerts import Condition
from datapilot_domain.findings import found
from datapilot_domain.landing import LandingEntry
from datapilot_domain.organizations import Organization, OrgId
from datapilot_resources.platform import Platform

if TYPE_CHECKING:
    import dagster as dg

_LOG = logging.getLogger(__name__)
# Watch under which it is kept what could not be looked at of an organization.
_LOOKING = "looking at {}"
PLATFORM = "-"


@dataclass(frozen=True)
class Look:
    """One organization on one day of its own."""

    platform: Platform
    organization: Organization
    today: dt.date

    @cached_property
    def entries(self) -> Sequence[LandingEntry]:
        return self.platform.lakehouse.landing_log(self.organization.org_id).entries


# Each finds all that holds now: what it no longer finds is over.
WATCHES: dict[str, Callable[[Look], Iterable[Condition]]] = {
    "files": lambda look: undecided_files(look.entries, look.today),
    "months": lambda look: late_and_missing(look.entries, look.organization, look.today),
    "restated": lambda look: restated_months(look.entries, look.organization, look.today),
    "gates": lambda look: failed_gate_conditions(look.platform, look.organization),
    "business": lambda look: business_conditions(look.platform, look.organization),
}


def look_at_organizations(
    platform: Platform, now: dt.datetime, *, after: str = "", seconds: float = float("inf")
) -> str:
    """Look at every organization, from the one behind `after` on; the last one whose turn came, "" after all."""
    until = time.monotonic() + seconds
    organizations = platform.registry.list()
    _forget(platform, organizations)
    for org in (org for org in organizations if org > after):
        look_at_one(platform, org, now)
        if time.monotonic() > until and org != organizations[-1]:
            return org
    return ""


def _forget(platform: Platform, organizations: Sequence[OrgId]) -> None:
    """End the alerts of organizations that are no longer registered: nobody looks at them any more."""
    book = platform.alert_book
    known = {_LOOKING.format(org) for org in (*organizations, PLATFORM)}
    for watch, org in {(alert.watch, alert.org_id) for alert in book.alerts()}:
        gone = watch.startswith(_LOOKING.format("")) and watch not in known
        if gone or (org is not None and org not in organizations):
            book.reconcile(watch, org, [])


def look_at_one(platform: Platform, org: OrgId, now: dt.datetime) -> None:
    """Every watch over one organization, on its own day."""
    troubles = []
    try:
        organization = platform.registry.get(org)
        look = Look(platform, organization, now.astimezone(ZoneInfo(organization.time_zone)).date())
    except Exception as error:  # noqa: BLE001  # whatever it is, the next organization gets its turn
        troubles.append(trouble("registry", org, error))
    else:
        for name, watch in WATCHES.items():
            try:
                platform.alert_book.reconcile(name, org, list(watch(look)))
            except Exception as error:  # noqa: BLE001  # likewise, and the next watch
                troubles.append(trouble(name, org, error))
    platform.alert_book.reconcile(_LOOKING.format(org), None, troubles)


def trouble(watch: str, org: str, error: Exception) -> Condition:
    """What could not be looked at, or sent, of an organization or of the PLATFORM."""
    # Its text may hold a cell or a secret: the log of this process has it, a message only its class.
    _LOG.error("watch %s of %s failed", watch, org, exc_info=error)
    return Condition(
        code="WATCH_FAILED",
        org_id=None,
        subject=(watch, org),
        severity="critical",
        cause=found("watch_failed", watch=watch, org=org, error=type(error).__name__),
        command=f"datapilot alerts check --org {org}" if org != PLATFORM else "datapilot alerts check",
    )


def look_at_platform(
    platform: Platform, instance: dg.DagsterInstance, now: dt.datetime, *, seconds: float = float("inf")
) -> None:
    """What is wrong with the platform itself, and the runs that finished since, as many as there is time for.

    What cannot be looked at keeps neither the rest nor the organizations from their turn.
    """
    from datapilot_assets.alerts.platform import failed_ticks, unknown_partitions

    book = platform.alert_book
    troubles = []
    for name, look in (
        ("partitions", lambda: book.reconcile("partitions", None, list(unknown_partitions(platform, instance)))),
        ("ticks", lambda: book.reconcile("ticks", None, list(failed_ticks(instance)))),
        ("runs", lambda: _look_at_runs(platform, instance, now, seconds)),
    ):
        try:
            look()
        except Exception as error:  # noqa: BLE001  # whatever it is, the next watch gets its turn
            troubles.append(trouble(name, PLATFORM, error))
    book.reconcile(_LOOKING.format(PLATFORM), None, troubles)


def _look_at_runs(platform: Platform, instance: dg.DagsterInstance, now: dt.datetime, seconds: float) -> None:
    from datapilot_assets.alerts.repaired import repaired
    from datapilot_assets.alerts.runs import finished_runs

    book, until = platform.alert_book, time.monotonic() + seconds
    while told := finished_runs(instance, book.cursor("runs"), now):
        book.observe("runs", told.opened, told.resolved, told.cursor)
        if time.monotonic() > until:
            break
    of_runs = [alert for alert in book.alerts() if alert.code in ("RUN_FAILED", "WORK_PARKED")]
    book.resolve("runs", set(repaired(platform, of_runs)))
