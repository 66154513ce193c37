"""Every number once more, by the SQL that is published beside it, at the Delta version that it names."""

from __future__ import annotations

from decimal import Decimal

from datapilot_assets.insights.gold import Tables
from datapilot_domain.insights.fact import Evidence, EvidenceRow
from datapilot_domain.insights.measures import Quantity

# A quotient is kept to ten places; beyond that, relative.
_PLACES = Decimal("5.1e-10")
_RELATIVE = Decimal("1e-9")


def recomputed(quantity: Quantity, tables: Tables) -> Decimal | None:
    """What the quantity's own SQL says; None: nothing."""
    (value,) = tables.scalar(quantity.measure, quantity.table, quantity.where, quantity.delta_version)
    return None if value is None else Decimal(str(value))


def agrees(stored: Decimal, found: Decimal | None) -> bool:
    """Equal within ten decimal places or a billionth of the value, whichever is more."""
    return found is not None and abs(stored - found) <= max(_PLACES, _RELATIVE * abs(stored))


def read_again(evidence: Evidence, tables: Tables) -> Evidence:
    """The same questions to the same snapshot."""
    asked = evidence.table, evidence.delta_version, evidence.currency
    rows = []
    for row in evidence.rows:
        total = tables.total(row.term, *asked)
        rows.append(EvidenceRow(term=row.term, numerator=total.numerator, denominator=total.denominator))
    return evidence.model_copy(update={"rows": tuple(rows)})
