"""Walk the layers of one family for one organization: stale months in, committed or failed months out.

Knows nothing of Dagster: it tells every outcome to a callback as soon as it is final.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from datapilot_assets.monthly import rows_of
from datapilot_domain.contracts import CONTRACTS, TableContract
from datapilot_domain.fingerprints import fingerprints_of_log
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month, months_predicate
from datapilot_domain.sources import Roles, effective_roles
from datapilot_resources.landing_log import LandingLog
from datapilot_resources.platform import Platform

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class Gate:
    """One finding about a month. An ERROR keeps the month from being committed; numbers say why."""

    check: str
    code: str
    passed: bool
    severity: str
    numbers: dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """What a run is asked to look at: months of one family of one organization, with what it works with."""

    family: Family
    platform: Platform
    spark: SparkSession
    organization: Organization
    months: Sequence[Month]
    run_id: str


@dataclass(frozen=True)
class RefineRun:
    """What every step of one run over one organization sees. `log` is the head found at its start."""

    platform: Platform
    spark: SparkSession
    organization: Organization
    log: LandingLog
    run_id: str
    expected: Mapping[str, Mapping[Month, str]]
    # Of every source with an accepted file, at that head (R25).
    roles: Roles


@dataclass
class Built:
    """Frames of a step's tables, not yet written, with the numbers that the gates judged."""

    frames: dict[str, DataFrame | pa.Table]
    rows: dict[str, dict[Month, int]]
    gates: dict[str, dict[Month, list[Gate]]]
    # Released once the step's tables are written.
    cached: list[DataFrame] = field(default_factory=list)


class Build(Protocol):
    def __call__(self, run: RefineRun, months: Sequence[Month]) -> Built: ...


@dataclass(frozen=True)
class Refreshed:
    """What became of a table that is not monthly."""

    contract: TableContract
    fingerprint: str
    version: int
    rows: int


class Refresh(Protocol):
    def __call__(self, platform: Platform, organization: Organization, run_id: str) -> Refreshed | None:
        """What was written; None when the table was up to date."""


@dataclass(frozen=True)
class Step:
    """Tables that are computed together, from one read, and gated together."""

    outputs: tuple[TableContract, ...]
    build: Build


@dataclass(frozen=True)
class Family:
    """One family of tables: its bronze contracts, if files land for it, and the steps in the order data flows."""

    name: str
    bronze: tuple[TableContract, ...]
    steps: tuple[Step, ...]
    # Brings a table that is not monthly up to date with the log, beside the months.
    refresh: Refresh | None = None

    @property
    def contracts(self) -> tuple[TableContract, ...]:
        """The refined ones."""
        return tuple(contract for step in self.steps for contract in step.outputs)


class State(str, Enum):
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True)
class Outcome:
    """What became of one month of one table."""

    contract: TableContract
    month: Month
    state: State
    fingerprint: str
    version: int | None
    rows: int
    gates: tuple[Gate, ...] = ()
    # Rows of the month before and after the commit, for small tables only.
    before: pa.Table | None = None
    after: pa.Table | None = None

    @property
    def failures(self) -> list[Gate]:
        return [gate for gate in self.gates if gate.severity == "ERROR" and not gate.passed]


def refine(scope: Scope, tell: Callable[[Outcome], None], selected: frozenset[str] | None = None) -> list[Outcome]:
    """Bring the months up to date with the landing log. A month that fails a gate goes no further.

    `selected`: ids of tables whose steps to run (None: all); a step writes its tables together. Returns every
    outcome, in the order told.
    """
    run, wanted = _start(scope)
    outcomes: list[Outcome] = []

    def settle(outcome: Outcome) -> None:
        outcomes.append(outcome)
        tell(outcome)

    for step in scope.family.steps:
        if selected is None or selected & {contract.id for contract in step.outputs}:
            ready, blocked = _ready(run, step, _months_of(run, step, wanted))
            for outcome in (*_blocked(run, step, blocked, outcomes), *_run_step(run, step, ready)):
                settle(outcome)
    return outcomes


def _months_of(run: RefineRun, step: Step, months: Sequence[Month]) -> list[Month]:
    """Those months of which the step's tables can hold anything."""
    return [month for month in months if all(month in run.expected[contract.id] for contract in step.outputs)]


def _ready(run: RefineRun, step: Step, months: Sequence[Month]) -> tuple[list[Month], list[Month]]:
    """Months whose refined upstream tables are what they should be, and the others.

    Anything built from an older upstream would be stored as if it were current, for ever.
    """
    lakehouse, org = run.platform.lakehouse, run.organization.org_id
    names = {name for contract in step.outputs for name in contract.reads if name in run.expected}
    stored = {name: lakehouse.months(CONTRACTS[name], org) for name in sorted(names)}

    def current(name: str, month: Month) -> bool:
        """A month of which the upstream table can hold nothing is as it should be."""
        expected = run.expected[name].get(month)
        return expected is None or (month in stored[name] and stored[name][month].fingerprint == expected)

    ready = [
        month
        for month in months
        if all(
            current(name, month.plus(offset))
            for contract in step.outputs
            for name in contract.reads
            if name in run.expected
            for offset in contract.window
        )
    ]
    return ready, [month for month in months if month not in ready]


def _blocked(run: RefineRun, step: Step, months: Sequence[Month], outcomes: Sequence[Outcome]) -> Iterable[Outcome]:
    """Failures of months whose upstream is not current, unless this run has told that failure already."""
    told = {outcome.month for outcome in outcomes if outcome.state is State.FAILED}
    gate = Gate("contract", "UPSTREAM_NOT_CURRENT", False, "ERROR", {})
    for contract in step.outputs:
        for month in months:
            if month not in told:
                yield Outcome(contract, month, State.FAILED, run.expected[contract.id][month], None, 0, (gate,))


def judge(scope: Scope) -> list[Outcome]:
    """Compute the months again from what is committed upstream and judge them; writes nothing."""
    run, wanted = _start(scope)
    outcomes = []
    for step in scope.family.steps:
        months = _months_of(run, step, wanted)
        built = step.build(run, months)
        for frame in built.cached:
            frame.unpersist()
        for contract in step.outputs:
            for month in months:
                gates = tuple(built.gates[contract.id].get(month, ()))
                rows, fingerprint = built.rows[contract.id].get(month, 0), run.expected[contract.id][month]
                outcomes.append(Outcome(contract, month, State.UNCHANGED, fingerprint, None, rows, gates))
    return outcomes


def _start(scope: Scope) -> tuple[RefineRun, list[Month]]:
    family, organization = scope.family, scope.organization
    log = scope.platform.lakehouse.landing_log(organization.org_id)
    expected = fingerprints_of_log(family.contracts, organization, log.entries)
    wanted = sorted({month for contract in family.contracts for month in expected[contract.id]} & set(scope.months))
    roles = effective_roles(log.entries, organization, family.name)
    return RefineRun(scope.platform, scope.spark, organization, log, scope.run_id, expected, roles), wanted


def _run_step(run: RefineRun, step: Step, months: Sequence[Month]) -> Iterable[Outcome]:
    lakehouse, org = run.platform.lakehouse, run.organization.org_id
    stored = {contract.id: lakehouse.months(contract, org) for contract in step.outputs}

    def current(contract: TableContract, month: Month) -> bool:
        state = stored[contract.id].get(month)
        return state is not None and state.fingerprint == run.expected[contract.id][month]

    stale = [month for month in months if not all(current(contract, month) for contract in step.outputs)]
    for contract in step.outputs:
        for month in months:
            if month not in stale:
                state = stored[contract.id][month]
                yield Outcome(contract, month, State.UNCHANGED, state.fingerprint, state.version, state.rows)
    if not stale:
        return
    built = step.build(run, stale)
    try:
        yield from _settle(run, step, stale, built)
    finally:
        for frame in built.cached:
            frame.unpersist()


def _settle(run: RefineRun, step: Step, stale: Sequence[Month], built: Built) -> Iterable[Outcome]:
    lakehouse, org = run.platform.lakehouse, run.organization.org_id
    gates = {
        (contract.id, month): tuple(built.gates[contract.id].get(month, ()))
        for contract in step.outputs
        for month in stale
    }
    failed = {m for (_, m), found in gates.items() if any(g.severity == "ERROR" and not g.passed for g in found)}
    passed = [month for month in stale if month not in failed]
    for contract in step.outputs:
        expected, frame = run.expected[contract.id], built.frames[contract.id]
        small = isinstance(frame, pa.Table)
        before = lakehouse.read(contract, org, stale) if small else None
        version = None
        if passed:
            rows_of = {month: built.rows[contract.id].get(month, 0) for month in passed}
            version = lakehouse.replace(
                contract,
                org,
                rows_of,
                _only(frame, passed),
                expected,
                run_id=run.run_id,
                log_head=run.log.head,
            )
        for month in stale:
            ok = month not in failed
            yield Outcome(
                contract,
                month,
                State.CHANGED if ok else State.FAILED,
                expected[month],
                version if ok else None,
                built.rows[contract.id].get(month, 0),
                gates[contract.id, month],
                before=_only(before, [month]) if before is not None else None,
                after=_only(frame, [month]) if isinstance(frame, pa.Table) else None,
            )


def _only(frame: Any, months: Sequence[Month]) -> Any:
    if isinstance(frame, pa.Table):
        return rows_of(frame, months)
    return frame.where(months_predicate(months))
