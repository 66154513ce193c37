"""The inbox path is the sender's declaration: this is the one place that reads and writes it.

inbox/org_id=acme/[<source>/][complete=2024-01/[part-1-of-2/]][set=<id>/][asof=20240212T0300/][replaces=<name>/]<file>
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from datapilot_domain.landing import Declaration, DeclarationInvalid
from datapilot_domain.organizations import MAIN_SOURCE, InvalidName, OrgId, parse_source_id
from datapilot_domain.partitions import InvalidPartition, Month
from datapilot_domain.reasons import Refusal

INBOX = "inbox/"
_PART = re.compile(r"part-(\d{1,4})-of-(\d{1,4})", re.ASCII)
_AS_OF = re.compile(r"(\d{8}T\d{4}(?:\d{2}(?:\.\d{6})?)?)(Z?)", re.ASCII)
_AS_OF_FORMS = {13: "%Y%m%dT%H%M", 15: "%Y%m%dT%H%M%S", 22: "%Y%m%dT%H%M%S.%f"}


# Names under which programs write what they will rename: rsync and editors start with a point, Office with ~$;
# browsers, WinSCP and others end with these. And what file managers leave in a folder.
_TEMPORARY = re.compile(
    r"\..*|~.*|.*~|.*\.(?:part|partial|filepart|crdownload|download|opdownload|tmp|temp|swp|lock|uploading)"
    r"|thumbs\.db|desktop\.ini",
    re.IGNORECASE | re.DOTALL,
)


class InvalidInboxPath(ValueError):
    """A path below the inbox that does not say clearly whose file it is."""


@dataclass(frozen=True)
class InboxFile:
    """One file in the inbox. `declared` is the text of the declaration folders, parsed per organization."""

    key: str
    org: OrgId
    source: str
    file: str
    folders: tuple[str, ...]

    def declaration(self, time_zone: str) -> Declaration:
        """Raises Refusal DECLARATION_INVALID naming the folder."""
        values: dict[str, object] = {}
        for folder in self.folders:
            name, value = _read_folder(folder, time_zone)
            if name in values:
                raise Refusal("DECLARATION_INVALID", "declared_twice", folders="/".join(self.folders), name=name)
            values[name] = value
        try:
            return Declaration.model_validate(values)
        except ValidationError as error:
            why = error.errors()[0].get("ctx", {}).get("error")
            if not isinstance(why, DeclarationInvalid):
                raise
            raise Refusal(
                "DECLARATION_INVALID", "declared_wrong", folders="/".join(self.folders), why=why.found
            ) from error


def _read_folder(folder: str, time_zone: str) -> tuple[str, object]:
    """Field of Declaration that a folder fills, and its value."""
    name, _, text = folder.partition("=")
    if match := _PART.fullmatch(folder):
        return "part", (int(match[1]), int(match[2]))
    if name == "complete":
        try:
            return "complete", Month.parse(text)
        except InvalidPartition as error:
            raise Refusal("DECLARATION_INVALID", "folder_month", folder=folder) from error
    if name == "asof":
        return "as_of", _parse_as_of(folder, text, time_zone)
    if name == "replaces" and text:
        return "replaces", text
    if name == "set" and text:
        return "set_id", text
    if folder == "confirm=yes":
        return "confirm", True
    raise Refusal("DECLARATION_INVALID", "folder_unknown", folder=folder)


def _parse_as_of(folder: str, text: str, time_zone: str) -> dt.datetime:
    match = _AS_OF.fullmatch(text)
    if not match:
        raise Refusal("DECLARATION_INVALID", "folder_time", folder=folder)
    zone = dt.timezone.utc if match[2] else ZoneInfo(time_zone)
    try:
        return dt.datetime.strptime(match[1], _AS_OF_FORMS[len(match[1])]).replace(tzinfo=zone)
    except ValueError as error:
        raise Refusal("DECLARATION_INVALID", "folder_no_time", folder=folder) from error


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


def is_temporary(key: str) -> bool:
    """Whether the file's name says that it is not finished, or nothing that anybody sent."""
    return _TEMPORARY.fullmatch(key.rpartition("/")[2]) is not None


def inbox_key(org: OrgId, source: str, declaration: Declaration, file: str) -> str:
    """The key under which a file with this declaration is dropped; `parse_inbox_key` reads it back."""
    _check_name("file name", file)
    folders = [] if source == MAIN_SOURCE else [parse_source_id(source)]
    if declaration.complete:
        folders.append(f"complete={declaration.complete}")
    if declaration.part:
        folders.append("part-{}-of-{}".format(*declaration.part))
    if declaration.set_id:
        folders.append(f"set={declaration.set_id}")
    if declaration.as_of:
        # isoformat, because strftime does not pad years.
        as_of = declaration.as_of.replace(tzinfo=None).isoformat().replace("-", "").replace(":", "")
        folders.append(f"asof={as_of}Z")
    if declaration.replaces:
        _check_name("replaced file", declaration.replaces)
        folders.append(f"replaces={declaration.replaces}")
    if declaration.confirm:
        folders.append("confirm=yes")
    return "/".join([f"{INBOX}org_id={OrgId(org)}", *folders, file])


def _check_name(what: str, name: str) -> None:
    if not name or "/" in name or "\\" in name or name in (".", "..") or any(ord(c) < 32 for c in name):
        raise InvalidName(f"{what} {name!r}: a file's name, not a path, without control characters")
