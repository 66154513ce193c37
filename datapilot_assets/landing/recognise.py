"""What family a file is of, by its content only: names are hints and nobody reads them here (R5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from datapilot_assets.landing.dialect import find_dialect
from datapilot_assets.landing.text import open_text
from datapilot_domain.contracts import sales
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal


def is_sales_table(path: Path) -> bool:
    """Whether the first rows hold the header of a sales table."""
    limits = LandingLimits()
    try:
        find_dialect(open_text(path, limits), limits)
    except Refusal:
        return False
    return True


# A family adds itself here, and its decoder, which answers `Decoded`, beside `decode.py`.
RECOGNISERS: Mapping[str, Callable[[Path], bool]] = MappingProxyType({sales.FAMILY: is_sales_table})


def recognise(path: Path) -> str | None:
    """The first family whose content the file has, or None."""
    return next((family for family, recognises in RECOGNISERS.items() if recognises(path)), None)
