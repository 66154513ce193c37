"""`exec`: one of Dagster's own programs under these settings."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from datapilot_interfaces.cli.errors import CommandError
from datapilot_interfaces.cli.platform import platform


def execute(
    program: Annotated[list[str], typer.Argument(metavar="PROGRAM [ARGUMENT]…", help="dagster-daemon run …, say.")],
) -> None:
    """Run one of Dagster's programs under these settings: DAGSTER_HOME is prepared, and nothing else is needed."""
    services = platform()
    from datapilot_assets.dagster_home import prepare_dagster_home

    prepare_dagster_home(services.settings)
    os.environ["DATAPILOT_HOME"] = str(services.settings.home)
    found = shutil.which(program[0], path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        raise CommandError("NO_PROGRAM", f"{program[0]} is not installed", "name one that `make setup` installs")
    os.execv(found, [found, *program[1:]])
