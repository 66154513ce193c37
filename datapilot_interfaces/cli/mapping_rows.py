"""What `mapping` answers: rows of what is saved of a header, and of what a file's columns are taken as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import REASONS
from datapilot_interfaces.cli.errors import error_line
from datapilot_interfaces.cli.output import Row

if TYPE_CHECKING:
    from datapilot_assets.landing.headers import HeaderMapping

SAVED = ("org_id", "header_hash", "column", "field", "assumed")
SHOWN = ("file", "position", "column", "field", "how", "why")


def saved_rows(organization: Organization, header_hash: str) -> list[Row]:
    """SAVED: a row per column of the header, and one without a column for the quantity of its lines."""
    of = {"org_id": organization.org_id, "header_hash": header_hash}
    columns = organization.mappings.get(header_hash, {})
    rows: list[Row] = [{**of, "column": column, "field": field, "assumed": None} for column, field in columns.items()]
    if assumed := organization.assumed_quantities.get(header_hash):
        rows.append({**of, "column": None, "field": "quantity", "assumed": assumed})
    return rows


def shown_rows(mapping: HeaderMapping, organization: Organization, file: str) -> list[Row]:
    """SHOWN: a row per column of the file, and one without a column for a quantity that was said of its header."""
    rows: list[Row] = [
        {
            "file": file,
            "position": column.position + 1,
            "column": column.column,
            "field": column.field or "extras",
            "how": column.how,
            "why": column.why,
        }
        for column in mapping.columns
    ]
    if said := organization.assumed_quantities.get(mapping.header_hash):
        column = mapping.column_of("quantity")
        how = "assumed" if column is None else "none"
        why = "as the organization saved it" if column is None else f"not assumed: {column!r} is the quantity"
        told = {"field": "quantity", "how": how, "why": f"{said} on each line, {why}"}
        rows.append({"file": file, "position": None, "column": None, **told})
    return rows


def quantity_not_assumed(mapping: HeaderMapping, organization: Organization, file: str) -> str | None:
    """The line that says that a quantity that is assumed changes nothing here: the file has a column of it."""
    column = mapping.column_of("quantity")
    if column is None:
        return None
    notice, locale = REASONS["QUANTITY_NOT_ASSUMED"], organization.locale
    return error_line(notice.code, f"{file}: {notice.text(locale).format(column=column)}", notice.remedy(locale))
