"""The months of one organization whose lake changed, loaded one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from datapilot_assets.graph.load import Loaded, load_month
from datapilot_assets.graph.model import READS
from datapilot_assets.graph.rows import SILVER_COLUMNS, month_rows
from datapilot_assets.graph.state import expected_graph, pending_graph
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales import FAMILY as SALES
from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_domain.sources import effective_roles
from datapilot_resources.platform import Platform


def load_graph(platform: Platform, organization: Organization, months: Sequence[Month]) -> Iterator[Loaded]:
    """Load those of the months whose graph is not of today's lake, the oldest first; none while the graph is off.

    Raises GraphUnavailable and LoadOvertaken; the months before it are loaded then.
    """
    graph, org = platform.graph, organization.org_id
    if graph is None:
        return
    pending = pending_graph(platform, organization)
    for month in sorted(set(months) & set(pending)):
        entries = platform.lakehouse.landing_log(org).entries
        roles = effective_roles(entries, organization, SALES)
        tables = {
            name: platform.lakehouse.read(
                CONTRACTS[name], org, [month], columns=SILVER_COLUMNS if name == "silver.sales" else None
            )
            for name in READS
        }
        # A month that changed while it was read is another run's.
        if expected_graph(platform, organization).get(month) == pending[month]:
            counting = [source for source, role in roles.items() if role == "counts"]
            yield load_month(graph, org, month, month_rows(str(month), tables, counting), pending[month])
