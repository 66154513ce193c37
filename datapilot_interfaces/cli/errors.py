"""Errors as one line, `CODE: what, where; remedy`, and the exit code that goes with them."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    WRONG_USAGE = 2
    NOT_TAKEN = 3  # input refused, held or waiting; nothing is lost


class CommandError(Exception):
    """A command cannot go on. `remedy` says what the reader can do about it."""

    def __init__(self, code: str, what: str, remedy: str, exit_code: Exit = Exit.FAILED) -> None:
        super().__init__(error_line(code, what, remedy))
        self.exit_code = exit_code


def error_line(code: str, what: str, remedy: str = "") -> str:
    """`CODE: what; remedy`, always one line: a log or a file may have put line breaks into the text."""
    text = f"{code}: {what.rstrip(' .;')}"
    return " ".join((f"{text}; {remedy}" if remedy else text).split())


def known_error(error: BaseException) -> CommandError | None:
    """The line for errors of the rooms below, None for one that nobody foresaw.

    A name that is not allowed is wrong usage (2); an organization that is not there is a failure (1).
    """
    from datapilot_domain.organizations import InvalidName
    from datapilot_domain.partitions import InvalidPartition
    from datapilot_resources.graph import GraphUnavailable
    from datapilot_resources.object_store import InvalidKey
    from datapilot_resources.postgres import PostgresUnavailable
    from datapilot_resources.power_bi_errors import PowerBiCreationRefused, PowerBiRefused, PowerBiUnavailable
    from datapilot_resources.registry import RegistryError, UnknownOrganization
    from datapilot_resources.settings import SettingsError
    from datapilot_resources.toolchain import ToolchainError

    message = str(error)
    if isinstance(error, CommandError):
        return error
    if isinstance(error, (InvalidName, InvalidKey)):
        return CommandError("NAME_INVALID", message, "", Exit.WRONG_USAGE)
    if isinstance(error, InvalidPartition):
        return CommandError("PARTITION_INVALID", message, "", Exit.WRONG_USAGE)
    if isinstance(error, UnknownOrganization):
        what, _, remedy = message.partition("; ")
        return CommandError("ORGANIZATION_UNKNOWN", what, remedy)
    if isinstance(error, RegistryError):
        return CommandError("REGISTRY_INVALID", message, "")
    if isinstance(error, SettingsError):
        return CommandError("SETTING_INVALID", message, "see README, Settings", Exit.WRONG_USAGE)
    if isinstance(error, PostgresUnavailable):
        what, _, remedy = message.partition("; ")
        return CommandError("POSTGRES_DOWN", what, remedy)
    if isinstance(error, GraphUnavailable):
        what, _, remedy = message.partition("; ")
        return CommandError("GRAPH_UNAVAILABLE", what, remedy)
    if isinstance(error, (PowerBiRefused, PowerBiUnavailable)):
        refused = "CREATION_REFUSED" if isinstance(error, PowerBiCreationRefused) else "REFUSED"
        what, _, remedy = message.partition("; ")
        code = "UNAVAILABLE" if isinstance(error, PowerBiUnavailable) else refused
        return CommandError(f"POWER_BI_{code}", what, remedy)
    if isinstance(error, ToolchainError):
        return CommandError("TOOLCHAIN", message, "run `datapilot doctor`")
    return None
