"""What an export is: the formats that there are, and the manifest that names every file with its hash."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

ExportFormat = Literal["csv", "json", "parquet", "xlsx"]
EXPORT_FORMATS: tuple[ExportFormat, ...] = get_args(ExportFormat)
MANIFEST = "manifest.json"


class InvalidFormat(ValueError):
    """A word that names no export format."""


def parse_formats(text: str) -> tuple[ExportFormat, ...]:
    """Formats of a comma list, each once and in our order. Raises InvalidFormat."""
    words = {word.strip().lower() for word in text.split(",")}
    if unknown := sorted(words - set(EXPORT_FORMATS)):
        raise InvalidFormat(f"{', '.join(map(repr, unknown))}: must be a comma list of {', '.join(EXPORT_FORMATS)}")
    return tuple(name for name in EXPORT_FORMATS if name in words)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ManifestColumn(_Frozen):
    """A column as its contract has it; `type` is Spark SQL DDL."""

    name: str
    type: str
    description: str


class ManifestTable(_Frozen):
    """`delta_version`: of the table in the lake that the rows were read at; null: the month is in none."""

    description: str
    rows: int = Field(ge=0)
    delta_version: int | None
    columns: tuple[ManifestColumn, ...]


class ManifestFile(_Frozen):
    """`path` is relative to the manifest's own folder. A workbook holds every table: its `table` is null."""

    name: str
    path: str
    table: str | None
    format: ExportFormat
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    delta_version: int | None


class Manifest(_Frozen):
    """One export of a month. `schema_version`: hash of the contracts; `run_id`: Dagster's run that wrote it."""

    org_id: OrgId
    month: Month
    fingerprint: str = Field(pattern=r"^[0-9a-f]{32}$")
    schema_version: str
    run_id: str
    language: str
    currency: str
    time_zone: str
    formats: tuple[ExportFormat, ...]
    tables: dict[str, ManifestTable]
    files: tuple[ManifestFile, ...]

    def under(self, folder: str) -> Manifest:
        """The same files as seen from another folder: `folder` is the way to them, empty where they are."""
        way = f"{folder}/" if folder else ""
        files = tuple(file.model_copy(update={"path": f"{way}{file.name}"}) for file in self.files)
        return self.model_copy(update={"files": files})

    def only(self, formats: tuple[ExportFormat, ...]) -> Manifest:
        """The manifest of the files of these formats alone."""
        files = tuple(file for file in self.files if file.format in formats)
        return self.model_copy(update={"files": files, "formats": formats})

    def as_bytes(self) -> bytes:
        return (self.model_dump_json(indent=1) + "\n").encode()
