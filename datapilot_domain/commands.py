"""Commands that people are given, ready for a POSIX shell whatever the names in them hold."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from datapilot_domain.landing import LandingEntry
from datapilot_domain.markdown import one_line
from datapilot_domain.organizations import MAIN_SOURCE, OrgId
from datapilot_domain.reasons import Reason

# Stands in a command for a column that only the sender knows.
PLACEHOLDER = "COLUMN"
# The same for an ad account.
ACCOUNT_PLACEHOLDER = "ACCOUNT"


def quoted(name: str) -> str:
    """A name as one word of a command."""
    return shlex.quote(one_line(name))


def remedy_command(reason: Reason, org: OrgId, file: str) -> str:
    """The command that goes with a reason's remedy; empty where there is none."""
    return reason.command.format(org=org, file=quoted(file))


def mapping_command(org: OrgId, file: str, pairs: Sequence[tuple[str, str]], *options: str) -> str:
    """The `mapping set` that says of each column which field it is; `options` are words of ours."""
    words = [f"{column}={field}" for column, field in pairs]
    # A name that looks like an option is kept from being one.
    of_file = f"--file={quoted(file)}" if file.startswith("-") else f"--file {quoted(file)}"
    end = ["--"] if any(word.startswith("-") for word in words) else []
    return " ".join(["datapilot mapping set --org", org, of_file, *options, *end, *map(quoted, words)])


def ads_account_command(org: OrgId, source: str) -> str:
    """The `source set` that says of which ad account a source's tables are."""
    return f"datapilot source set {source} --org {org} --ads-account {ACCOUNT_PLACEHOLDER}"


def land_command(entry: LandingEntry, *options: str, file: str | None = None) -> str:
    """The command that lands a file (this one) in the entry's source, with what this one declared."""
    name = file or quoted(f"./{entry.file}" if entry.file.startswith("-") else entry.file)
    source = [] if entry.source == MAIN_SOURCE else ["--source", entry.source]
    declared = _declared(entry) if file is None else []
    return " ".join(["datapilot land", name, "--org", entry.org_id, *source, *declared, *options])


def _declared(entry: LandingEntry) -> list[str]:
    said = entry.declaration
    part = [f"--part {said.part[0]}/{said.part[1]}"] if said.part else []
    complete = [f"--complete {said.complete}", *part] if said.complete else []
    as_of = [f"--as-of {said.as_of:%Y-%m-%dT%H:%M:%SZ}"] if said.as_of else []
    replaces = "NAME" if entry.reason == "REPLACED_FILE_UNKNOWN" else quoted(said.replaces or "")
    return [*complete, *as_of, *([f"--replaces {replaces}"] if said.replaces else [])]
