"""`graph`: which months the organization's graph holds, and whether they are those of today's lake."""

from __future__ import annotations

from typing import Annotated

from datapilot_domain.partitions import Month
from datapilot_interfaces.cli.options import FormatOption, OrgOption, month_option
from datapilot_interfaces.cli.output import Format, Row, emit
from datapilot_interfaces.cli.platform import platform

_COLUMNS = ("month", "fingerprint", "state", "nodes", "relationships")


def graph(
    org: OrgOption,
    month: Annotated[Month | None, month_option("--month", "Only this month.")] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Months of the organization's graph: current, stale (see `run`), or off (no NEO4J_URI)."""
    services = platform()
    organization = services.registry.get(org)
    from datapilot_assets.graph.state import expected_graph, loaded_months

    expected = expected_graph(services, organization)
    loaded = loaded_months(services.graph, organization.org_id) if services.graph else {}
    rows: list[Row] = []
    for of, fingerprint in sorted(expected.items()):
        held = loaded.get(of)
        state = "off" if services.graph is None else "current" if held and held.fingerprint == fingerprint else "stale"
        rows.append(
            {
                "month": str(of),
                "fingerprint": held.fingerprint if held else None,
                "state": state,
                "nodes": held.nodes if held else None,
                "relationships": held.relationships if held else None,
            }
        )
    emit([row for row in rows if month is None or row["month"] == str(month)], form, _COLUMNS)
