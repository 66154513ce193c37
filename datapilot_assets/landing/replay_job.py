"""The replay job: decide kept files of one organization again, and tell Dagster what changed."""

import dagster as dg
from pydantic import Field

from datapilot_assets.landing.job import record_effects, record_report
from datapilot_assets.landing.replay import Replay, Replayed, replay
from datapilot_resources.platform_resource import PlatformResource


class ReplayConfig(dg.Config):
    """The organization, and places of its landing log, in this order."""

    org: str
    places: list[int] = Field(default_factory=list)


@dg.op(description="Decode kept files again under today's mappings, settings and decoder.")
def replay_files(context: dg.OpExecutionContext, config: ReplayConfig, platform: PlatformResource) -> list[Replayed]:
    services = platform.get()
    organization = services.registry.get(config.org)

    def tell(result: Replayed) -> None:
        context.log.info(result.line)
        if result.outcome is Replay.CHANGED:
            record_effects(context, services, result.entry)
            record_report(context, services, organization, result.entry)

    results = replay(services, organization, config.places, context.run_id, tell=tell)
    if any(result.outcome is Replay.FAILED for result in results):
        raise ReplayProblems(results)
    return results


class ReplayProblems(dg.Failure):
    """Some files could not be decided again; the others were. `results` holds all."""

    def __init__(self, results: list[Replayed]) -> None:
        failed = (result.line for result in results if result.outcome is Replay.FAILED)
        super().__init__(description="; ".join(failed), allow_retries=False)
        self.results = results


@dg.job(name="replay", description="Decode kept files again.", executor_def=dg.in_process_executor)
def replay_job() -> None:
    replay_files()
