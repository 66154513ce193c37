"""What follows gold: each consumer compares gold's fingerprints with those that it stored, and catches up by itself.

Any of them may be off or down: gold is published all the same (P12).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from datapilot_domain.organizations import Organization
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings


class ConsumerDown(RuntimeError):
    """A consumer cannot say what it holds; the message says why and what to do. Gold and the others go on.

    `for_all`: for every organization; else the next one is asked.
    """

    def __init__(self, message: str, *, for_all: bool = True) -> None:
        super().__init__(message)
        self.for_all = for_all


@dataclass(frozen=True)
class Consumer:
    """One consumer of gold: its job refines nothing, and gets the months whose gold is not what it last took."""

    name: str
    job: str
    description: str
    # Month → fingerprint of what the consumer would hold after its run. Raises ConsumerDown.
    pending: Callable[[Platform, Organization], Mapping[Month, str]]
    # Why its last runs of an organization failed, of which `pending` says nothing while it is tried again; None: no.
    failing: Callable[[Platform, Organization], str | None] = lambda platform, organization: None
    # Why it gets no run under these settings; None: it is on.
    off: Callable[[Settings], str | None] = lambda settings: None


def _pending_insights(platform: Platform, organization: Organization) -> Mapping[Month, str]:
    from datapilot_assets.insights.state import pending_insights

    return pending_insights(platform, organization)


INSIGHTS = Consumer(
    name="insights",
    job="insights_job",
    description="Write insights of the months whose gold changed.",
    pending=_pending_insights,
)


def _pending_serving(platform: Platform, organization: Organization) -> Mapping[Month, str]:
    from datapilot_assets.serving.state import pending_serving
    from datapilot_resources.postgres import PostgresUnavailable

    try:
        return pending_serving(platform, organization)
    except PostgresUnavailable as error:
        raise ConsumerDown(str(error)) from error


SERVING = Consumer(
    name="serving",
    job="serving_job",
    description="Load the months whose gold or insights changed into the serving database.",
    pending=_pending_serving,
    off=lambda settings: (
        None if settings.serving else "serving is off: no DATAPILOT_SERVING_URL, DATAPILOT_POSTGRES_URL"
    ),
)


def _pending_graph(platform: Platform, organization: Organization) -> Mapping[Month, str]:
    from datapilot_assets.graph.state import pending_graph
    from datapilot_resources.graph import GraphUnavailable

    try:
        return pending_graph(platform, organization)
    except GraphUnavailable as error:
        raise ConsumerDown(str(error)) from error


def _graph_off(settings: Settings) -> str | None:
    return "the graph is off: no NEO4J_URI" if settings.neo4j_uri is None else None


GRAPH = Consumer(
    name="graph",
    job="graph_job",
    description="Load the months whose gold changed into the organization's graph.",
    pending=_pending_graph,
    off=_graph_off,
)


def _pending_exports(platform: Platform, organization: Organization) -> Mapping[Month, str]:
    from datapilot_assets.exports.state import ExportsUnreadable, pending_exports

    try:
        return pending_exports(platform, organization)
    except ExportsUnreadable as error:
        raise ConsumerDown(str(error), for_all=False) from error


EXPORTS = Consumer(
    name="exports",
    job="exports_job",
    description="Write the months whose gold or insights changed as files.",
    pending=_pending_exports,
    off=lambda settings: None if settings.exports else "exports are off: no DATAPILOT_EXPORTS",
)


def _pending_power_bi(platform: Platform, organization: Organization) -> Mapping[Month, str]:
    from datapilot_assets.power_bi.state import pending_power_bi
    from datapilot_resources.postgres import PostgresUnavailable
    from datapilot_resources.power_bi_errors import PowerBiUnavailable
    from datapilot_resources.settings import SettingsError

    try:
        return pending_power_bi(platform, organization)
    except (PostgresUnavailable, PowerBiUnavailable, SettingsError) as error:
        raise ConsumerDown(str(error), for_all=not isinstance(error, PowerBiUnavailable)) from error


def _power_bi_failing(platform: Platform, organization: Organization) -> str | None:
    from datapilot_assets.power_bi.state import power_bi_is_failing

    return power_bi_is_failing(platform, organization)


def _power_bi_off(settings: Settings) -> str | None:
    from datapilot_resources.deliveries import power_bi_targets
    from datapilot_resources.settings import SettingsError

    try:
        targets = power_bi_targets(settings)
    except SettingsError:
        return None  # on, and down: `pending` says why
    return None if targets else "Power BI is off: no section power_bi in the file of deliveries"


POWER_BI = Consumer(
    name="power_bi",
    job="power_bi_job",
    description="Push the months whose gold changed to the organization's semantic model in Power BI.",
    pending=_pending_power_bi,
    failing=_power_bi_failing,
    off=_power_bi_off,
)

# In this order: what a consumer writes is there when the next one looks.
CONSUMERS: tuple[Consumer, ...] = (INSIGHTS, GRAPH, SERVING, EXPORTS, POWER_BI)
