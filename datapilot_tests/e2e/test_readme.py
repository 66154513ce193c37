"""The README and the pages beside it are true: their commands run as written, and name what exists."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import typer
from click import Command, Group

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^(<!-- tested -->\n)?```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# (is tested, language, text) in the order in which a reader meets them.
BLOCKS = [
    (bool(mark), language, text) for page in PAGES for mark, language, text in BLOCK.findall(page.read_text("utf-8"))
]
TESTED = [text for tested, _, text in BLOCKS if tested]
# Run by .ci/run before any test, by the test of the demo, and by that of the secrets. What needs a container engine is
# held by test_compose.py.
RUN_ELSEWHERE = ["make setup", "make demo", "make secrets", "cp .env.example .env"]


def test_the_commands_run_in_order_as_written(tmp_path: Path) -> None:
    """As a stranger who cloned the repository and set nothing."""
    (tmp_path / "datapilot_tests").symlink_to(ROOT / "datapilot_tests")
    nothing_set = {name: value for name, value in os.environ.items() if not name.startswith("DATAPILOT_")}
    environment = {**nothing_set, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def shell(block: str) -> str:
        command = ["bash", "-euo", "pipefail", "-c", block]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, block + done.stderr[-3000:]
        return done.stdout

    answers = [shell(block) for block in TESTED]
    assert "18,156.37" in answers[0]  # gross of the sample's January
    quarantine = json.loads(shell("datapilot quarantine --org acme --format json"))
    assert [(row["record"], row["closed_how"]) for row in quarantine] == [
        (12, "corrected"),
        (13, None),
        (14, None),
        (15, None),
    ]
    assert answers[-1] == shell("datapilot status")  # of the restored backup


def test_every_block_of_commands_is_run() -> None:
    shell = [text for tested, language, text in BLOCKS if not tested and language == "sh"]
    lines = [line.split("#")[0].strip() for text in shell for line in text.splitlines()]
    assert {line for line in lines if not line.startswith("docker compose ")} == set(RUN_ELSEWHERE)
    # Queries of the graph, files of settings and the check of a signature are run by their own tests.
    assert {language for _, language, _ in BLOCKS} == {"sh", "cypher", "yaml", "python"}


def test_every_command_that_a_page_names_exists_with_its_options() -> None:
    from datapilot_interfaces.cli.main import app

    table = "\n".join(line.split(" | ")[0] for line in README.splitlines() if line.startswith("| `"))
    named = re.findall(r"`([a-z][^`]+)`", table)
    for page in PAGES:
        named += re.findall(r"`(?:\.venv/bin/)?datapilot ([^`]+)`", page.read_text("utf-8"))
    assert len(named) > 40
    unknown = []
    for words in named:
        command: Command = typer.main.get_group(app)
        for word in words.split():
            command = command.commands.get(word, command) if isinstance(command, Group) else command
        options = {option for parameter in command.params for option in parameter.opts}
        is_whole = not isinstance(command, Group) or command.invoke_without_command
        if not is_whole or set(re.findall(r"--[a-z-]+", words)) - options:
            unknown.append(words)
    assert unknown == []


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
