"""The README is true: its commands run as written, and it names every command that exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import typer

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
TESTED = re.findall(r"<!-- tested -->\n```sh\n(.*?)```", README, re.DOTALL)


def test_the_commands_run_in_order_as_written(tmp_path: Path) -> None:
    assert len(TESTED) >= 4
    (tmp_path / "datapilot_tests").symlink_to(ROOT / "datapilot_tests")
    environment = {
        **os.environ,
        "DATAPILOT_HOME": str(tmp_path / "home"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    shown = ""
    for block in TESTED:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, block + done.stderr[-3000:]
        shown += done.stdout
    assert "18,156.37" in shown  # gross of the sample's January
    assert (tmp_path / "quarantine.csv").is_file()


def test_every_command_is_in_the_table() -> None:
    from datapilot_interfaces.cli.main import app

    group = typer.main.get_group(app)
    assert {name for name in group.commands if f"`{name}" not in README} == set()


def test_every_setting_is_in_the_table() -> None:
    from datapilot_resources.settings import Settings

    assert {str(field.alias) for field in Settings.model_fields.values()} - set(re.findall(r"`(\w+)`", README)) == set()


def test_links_and_targets_exist() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`?make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
