"""Runs of different organizations at once, through the one driver that Delta supports: a Spark Connect server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from datapilot_tests.workbench import MONTHS, SAMPLES, Workbench, assert_month, sample

ROOT = Path(__file__).parents[2]
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))["sales"]
LAYOUT_OF = {"alpha": "excel_br_cp1252", "beta": "english"}


def test_two_organizations_refine_at_once(
    connect_address: str, workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for org, layout in LAYOUT_OF.items():
        workbench.add(org)
        workbench.land(org, *(sample(month, layout) for month in MONTHS))
    monkeypatch.setenv("SPARK_REMOTE", connect_address)
    command = [sys.executable, "-m", "datapilot_interfaces.cli.main", "run", "--org"]
    runs = [
        subprocess.Popen(
            [*command, org], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for org in LAYOUT_OF
    ]
    for run in runs:
        said, _ = run.communicate(timeout=900)
        assert run.returncode == 0, said
    for org in LAYOUT_OF:
        for month in MONTHS:
            assert_month(workbench.month(org, month), EXPECTED[month])
        assert {row["state"] for row in workbench.status(org)} == {"current"}
