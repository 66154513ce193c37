"""`mapping set | list | show | remove`: which column is which field, for every file with the same header.

And, for a file that has no quantity column, whether each of its lines is one unit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datapilot_domain.commands import PLACEHOLDER
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal
from datapilot_interfaces.cli.errors import CommandError, Exit
from datapilot_interfaces.cli.findings import finding_parts
from datapilot_interfaces.cli.mapping_rows import SAVED, SHOWN, quantity_not_assumed, saved_rows, shown_rows
from datapilot_interfaces.cli.options import FormatOption, OrgOption
from datapilot_interfaces.cli.output import Format, emit
from datapilot_interfaces.cli.platform import platform

if TYPE_CHECKING:
    from datapilot_assets.landing.dialect import Dialect
    from datapilot_resources.platform import Platform

app = typer.Typer(help="Header mappings that an organization saved.", no_args_is_help=True)
FileOption = Annotated[
    str, typer.Option("--file", metavar="FILE", help="A file with the header, or the name or sha256 of a landed one.")
]


@app.command("set")
def set_(
    org: OrgOption,
    file: FileOption,
    columns: Annotated[
        list[str] | None, typer.Argument(metavar="[COLUMN=FIELD…]", help="Column as written = field; `extras` = none.")
    ] = None,
    assume_quantity: Annotated[
        int | None,
        typer.Option(
            "--assume-quantity", metavar="1", min=1, max=1, help="Each line is one unit: there is no quantity column."
        ),
    ] = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Say which field a column is, for every later file with the same header. Adds to what was said before."""
    pairs = _read_pairs(columns or [])
    if not pairs and assume_quantity is None:
        raise CommandError("USAGE", "nothing is said", "give COLUMN=FIELD or --assume-quantity 1", Exit.WRONG_USAGE)
    services = platform()
    organization = services.registry.get(org)
    with _header(services, organization, file, list(pairs)) as (path, dialect, positions):
        said = {position: pairs[name] for name, position in positions.items()}
        if len(said) < len(pairs):
            raise CommandError("USAGE", "two of the names are one column", "name it once", Exit.WRONG_USAGE)
        whole = _merged(organization.mappings.get(dialect.header_hash, {}), said, dialect)
        organization = organization.with_mapping(dialect.header_hash, whole)
        if assume_quantity is not None:
            organization = organization.with_assumed_quantity(dialect.header_hash, 1)
        services.registry.put(organization)
        emit(saved_rows(organization, dialect.header_hash), form, SAVED)
        if assume_quantity is not None:
            _tell_if_unused(path, organization, Path(file).name)


@app.command("list")
def list_(org: OrgOption, form: FormatOption = Format.TABLE) -> None:
    """List what the organization saved of each header, one row per column and per assumed quantity."""
    organization = platform().registry.get(org)
    headers = dict.fromkeys([*organization.mappings, *organization.assumed_quantities])
    emit([row for header_hash in headers for row in saved_rows(organization, header_hash)], form, SAVED)


@app.command("show")
def show(org: OrgOption, file: FileOption, form: FormatOption = Format.TABLE) -> None:
    """Show what each column of a file would be taken as, and why; nothing is landed."""
    from datapilot_assets.landing.preview import preview_headers

    services = platform()
    organization = services.registry.get(org)
    for path, workdir in _files(services, organization, file):
        name = Path(file).name
        try:
            mapping = preview_headers(path, organization, workdir, name)
        except Refusal as refusal:
            raise _refused(refusal, name, organization) from refusal
        emit(shown_rows(mapping, organization, name), form, SHOWN)
        if mapping.refusal:
            typer.echo(str(_refused(mapping.refusal, name, organization)), err=True)
            raise typer.Exit(Exit.NOT_TAKEN)
        return


@app.command("remove")
def remove(
    org: OrgOption,
    columns: Annotated[
        list[str] | None, typer.Argument(metavar="[COLUMN…]", help="Columns to forget; all of the header without.")
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="A file with the header, or a landed one's name.")
    ] = None,
    header: Annotated[
        str | None, typer.Option("--header", metavar="HASH", help="The header's hash, as `mapping list` shows it.")
    ] = None,
    assume_quantity: Annotated[
        bool, typer.Option("--assume-quantity", help="Forget the assumed quantity; the columns stay.")
    ] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Forget what was said about a header or some of its columns; later files are judged afresh."""
    if (file is None) == (header is None):
        raise CommandError("USAGE", "say which header", "give --file or --header", Exit.WRONG_USAGE)
    services = platform()
    organization = services.registry.get(org)
    header_hash = header or ""
    if file is not None:
        with _header(services, organization, file, []) as (_, dialect, _positions):
            header_hash = dialect.header_hash
    saved, assumed = organization.mappings.get(header_hash, {}), header_hash in organization.assumed_quantities
    if not saved and not assumed:
        raise CommandError(
            "MAPPING_UNKNOWN", f"no mapping of header {header_hash}", f"see `datapilot mapping list --org {org}`"
        )
    if unknown := sorted(set(columns or ()) - set(saved)):
        remedy = f"its columns are {', '.join(saved) or 'none'}"
        raise CommandError("COLUMN_UNKNOWN", f"nothing is saved of {', '.join(unknown)}", remedy, Exit.WRONG_USAGE)
    if assume_quantity and not assumed:
        remedy = f"see `datapilot mapping list --org {org}`"
        raise CommandError("MAPPING_UNKNOWN", f"no quantity is assumed of header {header_hash}", remedy)
    whole = not columns and not assume_quantity
    left = {name: field for name, field in saved.items() if not whole and name not in (columns or ())}
    organization = organization.with_mapping(header_hash, left)
    if whole or assume_quantity:
        organization = organization.with_assumed_quantity(header_hash, None)
    services.registry.put(organization)
    emit(saved_rows(organization, header_hash), form, SAVED)


def _read_pairs(columns: Sequence[str]) -> dict[str, str]:
    """Column → field. Raises CommandError on what is no pair, no field, or said twice."""
    from datapilot_assets.landing.headers import FIELDS, NO_FIELD

    pairs: dict[str, str] = {}
    for text in columns:
        # A header may hold an equals sign, a field never does.
        column, equals, field = text.rpartition("=")
        if not equals or not column:
            raise CommandError("USAGE", f"{text!r}", "write COLUMN=FIELD", Exit.WRONG_USAGE)
        if field not in FIELDS and field != NO_FIELD:
            remedy = f"choose one of {', '.join(sorted(FIELDS))}, or {NO_FIELD} for none of them"
            raise CommandError("FIELD_UNKNOWN", f"no field {field!r}", remedy, Exit.WRONG_USAGE)
        if column in pairs:
            remedy = "put columns of the file in its place" if column == PLACEHOLDER else "name it once"
            raise CommandError("USAGE", f"column {column!r} is given twice", remedy, Exit.WRONG_USAGE)
        if field != NO_FIELD and FIELDS[field].several == "refuse" and field in pairs.values():
            raise CommandError("USAGE", f"two columns are given as {field}", "choose one of them", Exit.WRONG_USAGE)
        pairs[column] = field
    return pairs


def _merged(saved: dict[str, str], said: dict[int, str], dialect: Dialect) -> dict[str, str]:
    """What was said before and what is said now, of which the last word on a column or a field counts."""
    from datapilot_assets.landing.dialect import column_labels, find_column
    from datapilot_assets.landing.headers import FIELDS, NO_FIELD

    labels = column_labels(dialect.columns)
    taken = {field for field in said.values() if field != NO_FIELD and FIELDS[field].several == "refuse"}
    before = {
        name: field
        for name, field in saved.items()
        if field not in taken and find_column(name, dialect.columns) not in said
    }
    return {**before, **{labels[position]: field for position, field in said.items()}}


@contextmanager
def _header(
    services: Platform, organization: Organization, file: str, named: Sequence[str]
) -> Iterator[tuple[Path, Dialect, dict[str, int]]]:
    """The file, or the newest kept one that has all the named columns; its header, and where these stand in it."""
    from datapilot_assets.landing.dialect import find_column
    from datapilot_assets.landing.preview import open_table

    problem: CommandError | None = None
    for path, workdir in _files(services, organization, file):
        try:
            dialect = open_table(path, organization, workdir, named).dialect
        except Refusal as refusal:
            problem = problem or _refused(refusal, Path(file).name, organization)
            continue
        found = {name: find_column(name, dialect.columns) for name in named}
        positions = {name: position for name, position in found.items() if position is not None}
        if len(positions) == len(found):
            yield path, dialect, positions
            return
        problem = problem or _unknown_columns(file, dialect, [name for name in found if name not in positions])
    assert problem is not None
    raise problem


def _files(services: Platform, organization: Organization, file: str) -> Iterator[tuple[Path, Path]]:
    """The file of that path, else those that landing keeps under that name, newest first; each with a work folder.

    Raises CommandError when there is none.
    """
    from datapilot_assets.landing.preview import fetch_kept, kept_files

    if Path(file).is_file():
        with tempfile.TemporaryDirectory(prefix="datapilot-mapping-") as directory:
            yield Path(file), Path(directory)
        return
    found = False
    for entry in kept_files(services, organization.org_id, Path(file).name):
        found = True
        with tempfile.TemporaryDirectory(prefix="datapilot-mapping-") as directory:
            path = Path(directory) / "content"
            fetch_kept(services, entry, path)
            yield path, Path(directory)
    if not found:
        what = f"{file} is neither a file here nor one that was landed for {organization.org_id}"
        raise CommandError("FILE_NOT_FOUND", what, "check the path or the name", Exit.WRONG_USAGE)


def _unknown_columns(file: str, dialect: Dialect, unknown: Sequence[str]) -> CommandError:
    from datapilot_assets.landing.dialect import column_labels

    header = ", ".join(column_labels(dialect.columns))
    what = f"{Path(file).name} has no column {', '.join(unknown)}"
    remedy = f"put one of its columns in place of {PLACEHOLDER}" if PLACEHOLDER in unknown else "its columns are"
    return CommandError("COLUMN_UNKNOWN", what, f"{remedy}: {header}", Exit.WRONG_USAGE)


def _refused(refusal: Refusal, file: str, organization: Organization) -> CommandError:
    what, remedy = finding_parts(refusal.reason, file, refusal.found, refusal.commands, organization)
    return CommandError(refusal.code, what, remedy, Exit.NOT_TAKEN)


def _tell_if_unused(path: Path, organization: Organization, name: str) -> None:
    """Say on stderr that the file has a quantity column, so that none is assumed of it."""
    from datapilot_assets.landing.preview import preview_headers

    # What is wrong with the file beside its header is for `mapping show` and `land` to say.
    with tempfile.TemporaryDirectory(prefix="datapilot-mapping-") as directory, suppress(Refusal):
        mapping = preview_headers(path, organization, Path(directory), name)
        if unused := quantity_not_assumed(mapping, organization, name):
            typer.echo(unused, err=True)
