"""The one table that a file brings, whatever it is packed in (R5, R6): text, gzip, a zip archive, a workbook.

Each text file or sheet is a candidate; the one whose header is that of sales is the table.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from datapilot_assets.landing.archives import Zip, unpack_gzip
from datapilot_assets.landing.code_pages import settle_code_page
from datapilot_assets.landing.content import GZIP_MAGIC, ZIP_MAGIC
from datapilot_assets.landing.dialect import HEADER_WITHIN_ROWS, Dialect, find_dialect, may_be_sales
from datapilot_assets.landing.repairs import repaired, unwrapped
from datapilot_assets.landing.text import TextSource, open_text
from datapilot_assets.landing.unknown_headers import find_unknown_header
from datapilot_assets.landing.workbook import SHEET_DELIMITER, WORKBOOK, Sheet, Workbook, part_name
from datapilot_domain.findings import found
from datapilot_domain.organizations import LandingLimits
from datapilot_domain.reasons import Refusal

# Refusals that say of a candidate that it is no table of sales, and nothing worse.
_ANOTHER_THING = ("EMPTY_FILE", "NOT_A_TABLE", "HEADER_NOT_FOUND")
_OTHER_PACKAGES = (
    ("xl/workbook.bin", "binary_workbook"),
    ("content.xml", "open_document"),
    ("index/document.iwa", "numbers"),
    ("word/document.xml", "word"),
    ("ppt/presentation.xml", "powerpoint"),
)


@dataclass(frozen=True)
class Table:
    """The table of a file as text. `name`: the member or sheet that it is, None where it is the file itself.
    `others`: members and sheets that are no table of sales."""

    name: str | None
    source: TextSource
    dialect: Dialect
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    """`head` is enough of the table to see its header."""

    name: str
    head: Callable[[], TextSource]
    whole: Callable[[], TextSource]


@dataclass(frozen=True)
class _Search:
    """What the search for a table goes by: see `find_table`."""

    limits: LandingLimits
    workdir: Path
    decimal_mark: str
    saved: Collection[str]
    named: Collection[str]

    def dialect(self, source: TextSource) -> Dialect:
        return find_dialect(source, self.limits, saved=self.saved, named=self.named)

    def any_dialect(self, source: TextSource) -> Dialect:
        """As `dialect`, else that of a row which has the shape of a header (`is_known` False)."""
        try:
            return self.dialect(source)
        except Refusal as refusal:
            guess = find_unknown_header(source, self.limits) if refusal.code == "HEADER_NOT_FOUND" else None
            if guess is None:
                raise
            return guess

    def file(self) -> Path:
        """A new file of the workdir."""
        folder = self.workdir / "unpacked"
        folder.mkdir(exist_ok=True)
        return folder / str(len(list(folder.iterdir())))


def find_table(
    path: Path,
    limits: LandingLimits,
    workdir: Path,
    *,
    locale: str = "pt-BR",
    saved: Collection[str] = (),
    named: Collection[str] = (),
) -> Table:
    """Unpack below `workdir` what has to be, and find the table with its delimiter and header.

    Where no header is known, the one row or sheet that has the shape of one is given (`Dialect.is_known`).

    locale: decides the decimal mark of a workbook's numbers where no text of the sheet does.
    saved, named: see `find_dialect`.
    Raises Refusal: SEVERAL_TABLES (naming them), those of `open_text`, `find_dialect`, `Zip` and `Workbook`.
    """
    if (size := path.stat().st_size) > limits.max_bytes:
        raise Refusal("LIMIT_EXCEEDED", "too_many_bytes", size=size, limit=limits.max_bytes)
    search = _Search(limits, workdir, "," if locale == "pt-BR" else ".", saved, named)
    candidates = list(_candidates(path, search, packed_in=None))
    name, source = _choose(candidates, search)
    others = tuple(candidate.name for candidate in candidates if candidate.name != name)
    if source.delimiter is None:  # text, of which a person or program may have wrapped the lines
        source = unwrapped(source, limits, search.file)
    return Table(name or None, source, search.any_dialect(source), others)


def _choose(candidates: Sequence[_Candidate], search: _Search) -> tuple[str, TextSource]:
    if len(candidates) == 1:
        return candidates[0].name, candidates[0].whole()
    seen: list[tuple[_Candidate, Dialect]] = []
    for candidate in candidates:
        try:
            seen.append((candidate, search.any_dialect(candidate.head())))
        except Refusal as refusal:
            if refusal.code not in _ANOTHER_THING:
                raise Refusal(refusal.code, "inside", place=candidate.name, found=refusal.found) from refusal
    known = [item for item in seen if item[1].is_known]
    sales = [item for item in known if may_be_sales(item[1]) or item[1].header_hash in search.saved]
    alone = seen if len(seen) == 1 else []
    chosen = [candidate for candidate, _ in sales or known or alone]
    if not chosen:
        raise Refusal("HEADER_NOT_FOUND", "no_table_of_sales", names=[candidate.name for candidate in candidates])
    if len(chosen) > 1:
        raise Refusal("SEVERAL_TABLES", "tables_of_sales", names=[candidate.name for candidate in chosen])
    return chosen[0].name, chosen[0].whole()


def _candidates(path: Path, search: _Search, packed_in: str | None, name: str = "") -> Iterator[_Candidate]:
    """Everything in the file that could be a table. An archive inside an archive is refused."""
    with path.open("rb") as file:
        magic = file.read(4)
    if magic.startswith(GZIP_MAGIC):
        _refuse_nested(packed_in, name, "gzip")
        target = search.file()
        unpack_gzip(path, search.limits, target)
        yield from _candidates(target, search, packed_in="gzip")
    elif magic in ZIP_MAGIC:
        archive = Zip(path, search.limits)
        parts = {part_name(part) for part in archive.names}
        if WORKBOOK in parts:
            yield from _sheets(Workbook(archive), search, name)
            return
        for part, kind in _OTHER_PACKAGES:
            if part in parts:
                yield _refusing(name, Refusal("NOT_A_TABLE", "looks_like", kind=found(kind)))
                return
        _refuse_nested(packed_in, name, "zip")
        if not archive.tables:
            raise Refusal("EMPTY_FILE", "archive_without_files")
        for member in archive.tables:
            target = search.file()
            archive.extract(member, target)
            yield from _candidates(target, search, packed_in="zip", name=member)
    else:
        opened = partial(_text, path, search)
        yield _Candidate(name, opened, opened)


def _refuse_nested(packed_in: str | None, name: str, kind: str) -> None:
    if packed_in:
        place = name or found("the_content")
        raise Refusal("ARCHIVE_CONTENT", "archive_in_archive", name=place, kind=kind, outer=packed_in)


def _refusing(name: str, refusal: Refusal) -> _Candidate:
    def refuse() -> TextSource:
        raise refusal

    return _Candidate(name, refuse, refuse)


def _text(path: Path, search: _Search) -> TextSource:
    return repaired(settle_code_page(open_text(path, search.limits)), search.file)


def _sheets(book: Workbook, search: _Search, member: str) -> Iterator[_Candidate]:
    shown = [sheet for sheet in book.sheets if not sheet.hidden]
    if not shown:
        yield _refusing(member, Refusal("NOT_A_TABLE", "no_visible_sheet"))
    for sheet in shown:
        name = f"{member}/{sheet.name}" if member else sheet.name
        read = partial(_sheet, book, sheet, search)
        yield _Candidate(name, partial(read, HEADER_WITHIN_ROWS), read)


def _sheet(book: Workbook, sheet: Sheet, search: _Search, most_rows: int | None = None) -> TextSource:
    target = search.file()
    book.write_sheet(sheet, target, search.decimal_mark, most_rows)
    if not target.stat().st_size:
        raise Refusal("EMPTY_FILE", "sheet_empty", sheet=sheet.name)
    return replace(TextSource(target, "utf-8"), delimiter=SHEET_DELIMITER)
