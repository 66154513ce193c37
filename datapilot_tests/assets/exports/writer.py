"""An export in a process of its own, killed at one of the changes that it makes in the store."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from datapilot_assets.exports.write import export_months
from datapilot_domain.exports import parse_formats
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings


def main(home: str, run_id: str, kill_at: int, formats: str) -> None:
    """Export January 2024 of acme; die before the change number `kill_at` (from 1; 0: never)."""
    platform = Platform(Settings(home=Path(home)))
    store: Any = platform.store
    changes = 0

    def counted(change: Any) -> Any:
        def call(*arguments: Any) -> Any:
            nonlocal changes
            changes += 1
            if changes == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return change(*arguments)

        return call

    for name in ("write", "delete", "delete_prefix"):
        setattr(store, name, counted(getattr(store, name)))
    organization = platform.registry.get(OrgId("acme"))
    list(export_months(platform, organization, [Month(2024, 1)], parse_formats(formats), run_id))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
