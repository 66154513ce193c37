"""The intake job: land pending files of the inbox, each on its own, and tell Dagster what landed."""

import dagster as dg
from pydantic import Field

from datapilot_assets.landing.inbox import InvalidInboxPath, parse_inbox_key
from datapilot_assets.landing.intake import FileStillChanging, Landed, land
from datapilot_assets.landing.telling import accepted_events, undecided_events
from datapilot_assets.reports import publish_report
from datapilot_domain.contracts.bronze import bronze_of
from datapilot_domain.landing import CORRECTIONS, LandingEntry, Verdict
from datapilot_domain.organizations import InvalidName, Organization
from datapilot_domain.reasons import REASONS
from datapilot_resources.object_store import Claim, InvalidKey, ObjectBusy
from datapilot_resources.platform import Platform
from datapilot_resources.platform_resource import PlatformResource
from datapilot_resources.registry import RegistryError, UnknownOrganization


class IntakeConfig(dg.Config):
    """Inbox keys to land, in this order; claims that a dead run left behind are always taken too."""

    keys: list[str] = Field(default_factory=list)


@dg.op(description="Land the files; one organization's bad file never stops another's.")
def land_files(context: dg.OpExecutionContext, config: IntakeConfig, platform: PlatformResource) -> list[Landed]:
    services = platform.get()
    run = context.instance.get_run_record_by_id(context.run_id)
    assert run is not None
    landed: list[Landed] = []
    problems: list[str] = []
    for key, claim in _claims(services, config.keys):
        try:
            inbox_file = parse_inbox_key(key)
            organization = services.registry.get(inbox_file.org)
            claim = claim or services.store.claim(key)
            result = land(services, organization, inbox_file, claim, run.create_timestamp, context.run_id)
        except FileNotFoundError:
            context.log.info(f"{key}: another intake took it")
        except (FileStillChanging, ObjectBusy) as error:
            context.log.info(str(error))
        except (InvalidKey, InvalidName, InvalidInboxPath, UnknownOrganization, RegistryError) as error:
            problems.append(f"{key}: {error}")
        except Exception as error:
            context.log.exception(f"{key}: not landed; the file stays where it is")
            problems.append(f"{key}: {type(error).__name__}: {error}")
        else:
            landed.append(result)
            _tell(context, services, result)
            if result.verdict is not Verdict.ALREADY_LOADED:
                record_report(context, services, organization, result.entry)
        finally:
            # Explicitly: an exception's traceback would keep the claim, and with it the file, until it is freed.
            if claim is not None:
                claim.give_up()
    for problem in problems:
        context.log.error(problem)
    if problems:
        raise IntakeProblems(landed, problems)
    return landed


class IntakeProblems(dg.Failure):
    """Some files were not landed; the others were. `landed` holds the answers of those."""

    def __init__(self, landed: list[Landed], problems: list[str]) -> None:
        super().__init__(description="; ".join(problems), allow_retries=False)
        self.landed, self.problems = landed, problems


def _claims(platform: Platform, keys: list[str]) -> list[tuple[str, Claim | None]]:
    abandoned = [(claim.original_key, claim) for claim in platform.store.abandoned_claims()]
    return [*abandoned, *((key, None) for key in keys)]


def _tell(context: dg.OpExecutionContext, platform: Platform, result: Landed) -> None:
    entry = result.entry
    context.log.info(result.line)
    if result.verdict is Verdict.ACCEPTED:
        for changed in result.corrected or (entry,):
            if changed.family != CORRECTIONS:
                record_effects(context, platform, changed)
    elif result.verdict in (Verdict.HELD, Verdict.WAITING):
        context.log.warning(f"{result.file}: {result.verdict.value}, it waits for a decision")
        organization = platform.registry.get(entry.org_id)
        for event in undecided_events(entry, platform.lakehouse.landing_log(entry.org_id).entries, organization):
            context.log_event(event)


def record_effects(context: dg.OpExecutionContext, platform: Platform, entry: LandingEntry) -> None:
    """Tell Dagster which months of the landing and bronze assets an entry changed."""
    for notice in entry.notices:
        if notice.code == "SOURCE_MIRRORED":
            context.log.warning(f"{entry.file}: {REASONS[notice.code].en.format(**notice.values)}")
    bronze = bronze_of(entry)
    for event in accepted_events(entry, bronze, platform.lakehouse.version(bronze, entry.org_id)):
        context.log_event(event)


def record_report(
    context: dg.OpExecutionContext, platform: Platform, organization: Organization, entry: LandingEntry
) -> None:
    """Keep the sender's report. A report that cannot be written is told, and stops no other file."""
    try:
        observation = publish_report(platform, organization, entry)
    except Exception:
        context.log.exception(f"{entry.file}: decided, but its report could not be written")
    else:
        if observation is not None:
            context.log_event(observation)


@dg.job(name="intake", description="Land pending inbox files.", executor_def=dg.in_process_executor)
def intake_job() -> None:
    land_files()
