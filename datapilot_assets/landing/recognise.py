"""What family a file is of, by its content only: names are hints and nobody reads them here (R5)."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from datapilot_assets.landing.tables import find_table
from datapilot_domain.contracts import sales
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal


def is_sales_table(path: Path) -> bool:
    """Whether the file holds one table with the header of sales."""
    with tempfile.TemporaryDirectory(prefix="datapilot-recognise-") as workdir:
        try:
            return find_table(path, LandingLimits(), Path(workdir)).dialect.is_known
        except Refusal:
            return False


# A family adds itself here, and its decoder, which answers `Decoded`, beside `decode.py`.
RECOGNISERS: Mapping[str, Callable[[Path], bool]] = MappingProxyType({sales.FAMILY: is_sales_table})


def recognise(path: Path) -> str | None:
    """The first family whose content the file has, or None."""
    return next((family for family, recognises in RECOGNISERS.items() if recognises(path)), None)
