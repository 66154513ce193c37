"""Generated files, landed one by one in processes of their own, against the reference model."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import pytest

from datapilot_tests.fuzz.conftest import CASES, SEED, Cases, assert_as_predicted
from datapilot_tests.fuzz.damages import ANYTHING, REFUSED, make_case
from datapilot_tests.fuzz.landing import differences, land_repeated
from datapilot_tests.fuzz.layouts import LAYOUTS
from datapilot_tests.fuzz.model import predict
from datapilot_tests.fuzz.tables import Table
from datapilot_tests.fuzz.truth import FAULTS

# Of one process over all its cases; a case alone needs a small part of it.
_MEMORY_LIMIT = 1536 * 1024**2
_MANY = 250_000


@pytest.mark.rule("R7")
@pytest.mark.rule("R8")
@pytest.mark.rule("R9")
@pytest.mark.rule("R10")
@pytest.mark.rule("R11")
@pytest.mark.rule("R15")
@pytest.mark.rule("R21")
@pytest.mark.rule("R23")
def test_every_record_of_a_generated_file_lands_as_the_model_says(cases: Cases, tmp_path: Path) -> None:
    assert_as_predicted(cases, differences, tmp_path)


def test_no_generated_file_needs_more_memory_than_the_limit(cases: Cases) -> None:
    peak, number = max((outcome.peak, table.number) for table, _, outcome in cases)
    assert peak < _MEMORY_LIMIT, f"{peak} bytes by case {number}"


def test_a_big_file_lands_whole_and_within_the_limit(tmp_path: Path) -> None:
    """A case without order numbers, fault or noise, written again and again: every line may be real (R21)."""
    table = next(case for number in count() if _is_plain(case := make_case(SEED, number)))
    times = _MANY // len(table.rows)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        outcome = pool.submit(land_repeated, SEED, table.number, times, tmp_path / "work").result()
    assert (outcome.refusal, outcome.records, outcome.ignored) == (None, len(table.rows) * times, 0)
    assert outcome.amount == predict(table).amount * times
    assert outcome.peak < _MEMORY_LIMIT, f"{outcome.peak} bytes"


def _is_plain(table: Table) -> bool:
    is_text = not (table.damage or table.rendering.container or table.layout.has("order"))
    return is_text and all(row.line and not row.line.fault for row in table.rows)


def test_the_cases_reach_every_layout_fault_and_damage(cases: Cases) -> None:
    """A generator that stops to generate something would make the other tests pass for nothing."""
    seen: Counter[str | None] = Counter()
    for table, _, _ in cases:
        seen.update({table.layout.name, table.damage, *(row.line.fault for row in table.rows if row.line)})
    wanted = {*(layout.name for layout in LAYOUTS), *FAULTS, *REFUSED, *ANYTHING}
    assert len(cases) < CASES or wanted <= set(seen), wanted - set(seen)
