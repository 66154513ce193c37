"""The inbox path is the sender's declaration: this is the one place that reads and writes it.

inbox/org_id=acme/[<source>/][complete=2024-01/[part-1-of-2/]][asof=20240212T0300/][replaces=<name>/]<file>
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from datapilot_domain.landing import Declaration
from datapilot_domain.organizations import MAIN_SOURCE, InvalidName, OrgId, parse_source_id
from datapilot_domain.partitions import InvalidPartition, Month

INBOX = "inbox/"
_PART = re.compile(r"part-(\d{1,4})-of-(\d{1,4})", re.ASCII)
_AS_OF = re.compile(r"(\d{8}T\d{4}(?:\d{2})?)(Z?)", re.ASCII)


class InvalidInboxPath(ValueError):
    """A path below the inbox that does not say clearly whose file it is or what it declares."""


@dataclass(frozen=True)
class InboxFile:
    """One file in the inbox. `declared` is the text of the declaration folders, parsed per organization."""

    key: str
    org: OrgId
    source: str
    file: str
    folders: tuple[str, ...]

    def declaration(self, time_zone: str) -> Declaration:
        """Raises InvalidInboxPath naming the folder."""
        values: dict[str, object] = {}
        for folder in self.folders:
            name, _, text = folder.partition("=")
            try:
                if match := _PART.fullmatch(folder):
                    values["part"] = (int(match[1]), int(match[2]))
                elif name == "complete":
                    values["complete"] = Month.parse(text)
                elif name == "asof":
                    values["as_of"] = _parse_as_of(text, time_zone)
                elif name == "replaces" and text:
                    values["replaces"] = text
                elif folder == "confirm=yes":
                    values["confirm"] = True
                else:
                    raise InvalidInboxPath(
                        f"folder {folder!r}: expected a source, complete=YYYY-MM, part-1-of-2,"
                        " asof=YYYYMMDDTHHMM or replaces=NAME"
                    )
            except InvalidPartition as error:
                raise InvalidInboxPath(f"folder {folder!r}: {error}") from error
        try:
            return Declaration.model_validate(values)
        except ValidationError as error:
            raise InvalidInboxPath(f"{'/'.join(self.folders)}: {error.errors()[0]['msg']}") from error


def _parse_as_of(text: str, time_zone: str) -> dt.datetime:
    match = _AS_OF.fullmatch(text)
    if not match:
        raise InvalidInboxPath(
            f"asof={text}: write YYYYMMDDTHHMM, local to the organization, or with Z for UTC"
        )
    form = "%Y%m%dT%H%M" if len(match[1]) == 13 else "%Y%m%dT%H%M%S"
    zone = dt.timezone.utc if match[2] else ZoneInfo(time_zone)
    try:
        return dt.datetime.strptime(match[1], form).replace(tzinfo=zone)
    except ValueError as error:
        raise InvalidInboxPath(f"asof={text}: {error}") from error


def parse_inbox_key(key: str) -> InboxFile:
    """Read a key below `inbox/`. Raises InvalidInboxPath, InvalidName."""
    parts = key.removeprefix(INBOX).split("/")
    if not key.startswith(INBOX) or len(parts) < 2 or not parts[0].startswith("org_id=") or not parts[-1]:
        raise InvalidInboxPath(f"{key!r}: expected inbox/org_id=ORGANIZATION/…/FILE")
    org = OrgId(parts[0].removeprefix("org_id="))
    folders, source = parts[1:-1], MAIN_SOURCE
    if folders and "=" not in folders[0] and not _PART.fullmatch(folders[0]):
        source, folders = parse_source_id(folders[0]), folders[1:]
    return InboxFile(key=key, org=org, source=source, file=parts[-1], folders=tuple(folders))


def inbox_key(org: OrgId, source: str, declaration: Declaration, file: str) -> str:
    """The key under which a file with this declaration is dropped; `parse_inbox_key` reads it back."""
    if not file or "/" in file or "\\" in file or file in (".", "..") or any(ord(c) < 32 for c in file):
        raise InvalidName(f"file name {file!r} cannot be stored: rename the file")
    folders = [] if source == MAIN_SOURCE else [parse_source_id(source)]
    if declaration.complete:
        folders.append(f"complete={declaration.complete}")
    if declaration.part:
        folders.append("part-{}-of-{}".format(*declaration.part))
    if declaration.as_of:
        folders.append(f"asof={declaration.as_of:%Y%m%dT%H%M%S}Z")
    if declaration.replaces:
        if "/" in declaration.replaces:
            raise InvalidName(
                f"--replaces {declaration.replaces!r}: give a file name or a sha256, not a path"
            )
        folders.append(f"replaces={declaration.replaces}")
    if declaration.confirm:
        folders.append("confirm=yes")
    return "/".join([f"{INBOX}org_id={OrgId(org)}", *folders, file])
