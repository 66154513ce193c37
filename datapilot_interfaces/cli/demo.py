"""`demo`."""

from __future__ import annotations

from datapilot_interfaces.cli.options import FormatOption
from datapilot_interfaces.cli.output import Format


def demo(form: FormatOption = Format.TABLE) -> None:
    """x."""
