"""Facts for tests, made by hand: each type with the numbers that the methods give it."""

from __future__ import annotations

from decimal import Decimal

from datapilot_domain.insights.fact import Claim, Compare, Direction, Fact, FactType, Member, Period
from datapilot_domain.insights.measures import Operation, Quantity, QuantityUnit, Term
from datapilot_domain.kpis import KPIS
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month

MARCH = Month(2024, 3)
FEBRUARY = MARCH.plus(-1)
PRODUCT = Member(dimension="product", key="p-1", name="Camiseta Azul")
CAMPAIGN = Member(dimension="campaign", key="77", name="Remarketing")
SOURCE = Member(dimension="source", key="loja", name="Loja Física")
# Type → fields of its quantities, KPI, member and direction (None: up as well as down).
_COMPARISON = ("current", "baseline", "change_pct")
SHAPES: dict[FactType, tuple[tuple[str, ...], str, Member | None, Direction | None]] = {
    "change": ((*_COMPARISON, "change_abs"), "gross_revenue", None, None),
    "driver": (("current", "baseline", "change_abs", "contribution"), "gross_revenue", PRODUCT, None),
    "detractor": (("current", "baseline", "change_abs", "contribution"), "gross_revenue", PRODUCT, None),
    "mix_shift": (
        ("current", "baseline", "change_abs", "rate_effect", "mix_effect"),
        "roas_claimed",
        Member(dimension="campaign", key=None),
        None,
    ),
    "rank_change": (("current", "baseline", "amount"), "gross_revenue", PRODUCT, None),
    "appeared": (("current", "share"), "gross_revenue", PRODUCT, "up"),
    "disappeared": (("baseline", "share"), "gross_revenue", PRODUCT, "down"),
    "trend": ((*_COMPARISON, "months"), "gross_revenue", None, None),
    "change_point": (_COMPARISON, "gross_revenue", None, None),
    "outlier": (_COMPARISON, "paid_orders", None, None),
    "seasonality": (("change_pct",), "gross_revenue", None, None),
    "record": (("current", "baseline", "months"), "gross_revenue", None, None),
    "streak": ((*_COMPARISON, "months"), "gross_revenue", None, None),
    "concentration": (
        ("share", "top", "members"),
        "gross_revenue",
        Member(dimension="channel", key=None),
        "none",
    ),
    "roas_below_one": (("current", "spend"), "roas_verified", None, "down"),
    "roas_below_target": (("current", "spend"), "roas_verified", None, "down"),
    "spend_without_conversions": (("spend", "share"), "spend", CAMPAIGN, "none"),
    "refund_rate_high": (("current", "baseline", "amount"), "refund_rate", None, "up"),
    "roas_gap": (("claimed", "verified", "change_abs"), "roas_claimed", None, None),
    "partial_sales": (("days",), "gross_revenue", None, "none"),
    "partial_ads": (("days",), "spend", None, "none"),
    "missing_source": (("baseline", "share"), "gross_revenue", SOURCE, "down"),
    "mirror_source": (("share", "amount"), "gross_revenue", SOURCE, "none"),
    "quarantine": (("records", "lines"), "lines", None, "none"),
    "restated": (("baseline", "current"), "gross_revenue", None, None),
    "provisional_conversions": (("current", "share"), "provisional_conversions", None, "none"),
    "other_currency": (("current",), "gross_revenue", None, "none"),
}
_COUNTS = ("months", "top", "members", "records", "lines")
_VALUES = {
    "current": "8765.43", "baseline": "10000", "change_abs": "-1234.57", "change_pct": "-0.123457",
    "contribution": "-0.0321", "share": "0.2345", "amount": "4321.5", "spend": "1200", "months": "14", "top": "2",
    "members": "8", "days": "12", "records": "31", "lines": "1200", "claimed": "3.7", "verified": "2.2",
    "rate_effect": "-0.1", "mix_effect": "-0.4",
}  # fmt: skip
_MULTIPLES = {"current": "2.2", "baseline": "2.7", "change_abs": "-0.5"}


def quantity(
    field: str,
    value: str,
    unit: QuantityUnit,
    kpi: str = "gross_revenue",
    operation: Operation = "value",
    currency: str = "BRL",
) -> Quantity:
    """A number over whole months. What it is made of is of no account where it is only told."""
    terms = (Term(kpi=kpi, months=(MARCH,)), Term(kpi=kpi, months=(FEBRUARY,)))
    return Quantity(
        field=field,
        operation=operation,
        terms=terms[:1] if operation == "value" else terms,
        unit=unit,
        currency=currency,
        value=Decimal(value),
        delta_version=3,
    )


def fact(
    kind: FactType,
    direction: Direction | None = None,
    *,
    kpi: str | None = None,
    member: Member | None = None,
    compare: Compare | None = "previous_month",
    complete: bool = True,
    days: bool = False,
    values: dict[str, str] | None = None,
) -> Fact:
    """A fact of a type as `SHAPES` has it. `days`: of the first days of both months; `values`: instead of ours."""
    fields, of, usual, always = SHAPES[kind]
    kpi, member = kpi or of, member or usual
    bounds = {"first_day": 1, "last_day": 12} if days else {}
    period, baseline = (
        Period.model_validate({"months": (month,), "complete": complete and not days, **bounds})
        for month in (MARCH, FEBRUARY)
    )
    numbers = {**_VALUES, **(_MULTIPLES if KPIS[kpi].unit == "multiple" else {}), **(values or {})}
    return Fact(
        org_id=OrgId("acme"),
        month=MARCH,
        claim=Claim(
            type=kind,
            kpi=kpi,
            period=period,
            baseline=baseline if "baseline" in fields or "change_pct" in fields else None,
            compare=compare,
            direction=direction or always or "down",
            member=member,
        ),
        quantities=tuple(_quantity(kind, kpi, field, numbers[field]) for field in fields),
        evidence=(),
        impact=Decimal("0.12"),
    )


def _quantity(kind: FactType, kpi: str, field: str, value: str) -> Quantity:
    if field in ("change_pct", "share"):
        return quantity(field, value, "fraction", operation="relative" if field == "change_pct" else "share")
    if field == "contribution":
        return quantity(field, value, "points", operation="contribution")
    if field == "days":
        return quantity(field, value, "days")
    if field in _COUNTS or (kind == "rank_change" and field in ("current", "baseline")):
        return quantity(field, str(int(Decimal(value) % 10)) if kind == "rank_change" else value, "count")
    if field in ("amount", "spend"):
        return quantity(field, value, "money")
    unit = KPIS[kpi].unit
    if unit == "fraction":
        return quantity(field, str(Decimal(value) / 100_000), "points" if field == "change_abs" else "fraction", kpi)
    return quantity(field, value, "money" if unit.startswith("money") else unit, kpi)  # type: ignore[arg-type]
