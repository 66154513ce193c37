"""The cases of a run, landed once for all tests, and how a test says which of them differ from the model.

DATAPILOT_FUZZ_SEED and DATAPILOT_FUZZ_CASES vary them, DATAPILOT_FUZZ_ONLY=17 takes one case alone.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from datapilot_tests.assets.conftest import spark as spark  # one session for the accepted cases
from datapilot_tests.fuzz.damages import make_case
from datapilot_tests.fuzz.landing import Outcome, land_case
from datapilot_tests.fuzz.model import Prediction, predict
from datapilot_tests.fuzz.tables import Table

SEED, CASES = 20240402, 300

Cases = Sequence[tuple[Table, Prediction, Outcome]]


def _setting(name: str, default: int) -> int:
    return int(os.environ.get(f"DATAPILOT_FUZZ_{name}") or default)


@pytest.fixture(scope="session")
def cases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Cases:
    seed, count, only = _setting("SEED", SEED), _setting("CASES", CASES), _setting("ONLY", -1)
    numbers = range(count) if only < 0 else [only]
    folder = tmp_path_factory.mktemp("fuzz")
    _say(pytestconfig, f"fuzz: seed {seed}, {len(numbers)} cases")
    # Processes of their own: a crash of native code is a failed case, and their memory is measured.
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = [(number, pool.submit(land_case, seed, number, folder)) for number in numbers]
        outcomes = {}
        for number, future in waiting:
            try:
                outcomes[number] = future.result()
            except BrokenProcessPool:
                pytest.fail(f"the process died in or near case {number} of seed {seed}")
    tables = [make_case(seed, number) for number in numbers]
    return [(table, predict(table), outcomes[table.number]) for table in tables]


def assert_as_predicted(
    cases: Cases, differences: Callable[[Table, Prediction, Outcome], list[str]], folder: Path
) -> None:
    """Fail with the first cases that differ, and keep the file of each in `folder`."""
    wrong = []
    for table, prediction, outcome in cases:
        if found := differences(table, prediction, outcome):
            file = folder / f"{table.number}.csv"
            file.write_bytes(table.content)
            wrong.append("\n  ".join([str(table), f"file {file}", *found[:5]]))
    assert not wrong, f"{len(wrong)} of {len(cases)} cases differ\n" + "\n".join(wrong[:5])


def _say(config: pytest.Config, text: str) -> None:
    """Past the capture: the seed is shown when all is well, too."""
    capture = config.pluginmanager.getplugin("capturemanager")
    reporter = config.pluginmanager.getplugin("terminalreporter")
    if reporter:
        with capture.global_and_fixture_disabled():
            reporter.write_line(text)
