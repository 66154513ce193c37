"""Which column is which field (R11): saved mapping > exact > normalised > by context > refuse."""

from __future__ import annotations

from collections.abc import Mapping

from datapilot_assets.landing.context import CHECKS, ColumnFacts
from datapilot_assets.landing.dialect import Dialect, normalise_header
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.organizations import Organization
from datapilot_domain.reasons import Refusal

# A saved mapping may say that a column is none of the fields.
NO_FIELD = "extras"
FIELDS = {column.name: column for column in SALES_FIELDS}

_EXACT = {alias: column.name for column in SALES_FIELDS for alias in column.aliases}
_NORMALISED = {normalise_header(alias): name for alias, name in _EXACT.items()}
_CONTEXT = {normalise_header(header): headers[0] for headers in CONTEXT_HEADERS for header in headers}
# Order in which a field's aliases count where the first one wins.
_PRIORITY = {
    normalise_header(alias): position for column in SALES_FIELDS for position, alias in enumerate(column.aliases)
}


def map_headers(dialect: Dialect, organization: Organization, facts: ColumnFacts) -> dict[int, str]:
    """Position of each mapped column → field of the sales contract; the others go to `extras`.

    Raises Refusal: COLUMNS_CONFLICT (two columns on one field), COLUMNS_MISSING (what is missing, what was
    found, and the command that saves a mapping).
    """
    columns = dialect.columns
    saved = organization.mappings.get(dialect.header_hash, {})
    mapping: dict[int, str] = {}
    open_columns: list[int] = []
    for position, name in enumerate(columns):
        if name in saved:
            mapping[position] = saved[name]
        elif name:
            open_columns.append(position)
    decided = set(mapping.values())
    by_context = [position for position in open_columns if normalise_header(columns[position]) in _CONTEXT]
    for position in open_columns:
        if position not in by_context:
            name = columns[position]
            found = _EXACT.get(name) or _NORMALISED.get(normalise_header(name))
            if found and found not in decided:
                mapping[position] = found
    _keep_one_each(columns, mapping, organization)
    for entry, check in CHECKS.items():
        for position in by_context:
            if _CONTEXT[normalise_header(columns[position])] == entry:
                found = check(position, mapping, facts)
                if found and found not in decided:
                    mapping[position] = found
    mapping = {position: name for position, name in mapping.items() if name != NO_FIELD}
    _keep_one_each(columns, mapping, organization)
    _refuse_missing(columns, mapping, organization)
    return dict(sorted(mapping.items()))


def mapping_by_name(dialect: Dialect, mapping: Mapping[int, str]) -> dict[str, str]:
    """Column as written → field, as `Layout` records it."""
    return {dialect.columns[position]: name for position, name in mapping.items()}


def _keep_one_each(columns: tuple[str, ...], mapping: dict[int, str], organization: Organization) -> None:
    """One column per field: the first listed alias where the contract says so, several where they are summed."""
    claimed: dict[str, list[int]] = {}
    for position, name in mapping.items():
        claimed.setdefault(name, []).append(position)
    for name, positions in claimed.items():
        several = FIELDS[name].several if name in FIELDS else "sum"
        if len(positions) == 1 or several == "sum":
            continue
        if several == "refuse":
            both = " and ".join(repr(columns[position]) for position in positions)
            example = f"{columns[positions[0]]}={name} {columns[positions[1]]}={NO_FIELD}"
            raise Refusal("COLUMNS_CONFLICT", f"{both} both mean {name}; {_command(organization, example.split(' '))}")
        first = min(positions, key=lambda p: _PRIORITY.get(normalise_header(columns[p]), len(_PRIORITY)))
        for position in positions:
            if position != first:
                del mapping[position]


def _refuse_missing(columns: tuple[str, ...], mapping: dict[int, str], organization: Organization) -> None:
    fields = set(mapping.values())
    missing = []
    if "sold_at" not in fields:
        missing.append("sold_at")
    if "line_amount" not in fields and not {"quantity", "unit_price"} <= fields:
        missing.append("line_amount (or quantity and unit_price)")
    if not {"order_id", "sku", "product_name"} & fields:
        missing.append("order_id (or sku or product_name)")
    if missing:
        found = ", ".join(
            f"{name} → {mapping[position]}" if position in mapping else name
            for position, name in enumerate(columns)
            if name
        )
        example = [f"COLUMN={name.split(' ')[0]}" for name in missing]
        raise Refusal(
            "COLUMNS_MISSING",
            f"missing: {'; '.join(missing)}; found: {found}; {_command(organization, example)}",
        )


def _command(organization: Organization, pairs: list[str]) -> str:
    listed = " ".join(f"'{pair}'" for pair in pairs)
    return f"datapilot mapping set --org {organization.org_id} --file FILE {listed}"
