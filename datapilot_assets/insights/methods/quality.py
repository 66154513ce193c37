"""What must be known of the data before the figures are read: always told first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from datapilot_assets.insights.gold import divided
from datapilot_assets.insights.making import Bench, Number, over
from datapilot_domain.insights.fact import Claim, Fact, Period
from datapilot_domain.insights.measures import Term
from datapilot_domain.partitions import Month

_SOURCES = "gold.sales_source_month"


def partial_months(bench: Bench) -> Iterator[Fact]:
    """Sales or ads data that do not cover the whole month."""
    period = bench.sales.of(bench.month)
    if period is not None and not period.complete and period.last_day != bench.month.last_day.day:
        last = Term(kpi="lines", months=(bench.month,), of="last_day")
        claim = Claim(type="partial_sales", kpi="gross_revenue", period=period)
        missing = 1 - Decimal((period.last_day or 0) - (period.first_day or 1) + 1) / bench.month.last_day.day
        if fact := bench.fact(claim, {"days": Number("value", (last,), "days")}, missing):
            yield fact
    days = Term(kpi="spend", months=(bench.month,), at="gold.marketing_month", column="ads_days")
    covered, spend = bench.gold.value(days), bench.gold.value(Term(kpi="spend", months=(bench.month,)))
    if covered is not None and spend and bench.month not in bench.ads_complete:
        claim = Claim(type="partial_ads", kpi="spend", period=Period(months=(bench.month,), complete=False))
        missing = 1 - covered / bench.month.last_day.day
        if fact := bench.fact(claim, {"days": Number("value", (days,), "days")}, missing * bench.impact(spend)):
            yield fact


def sources(bench: Bench) -> Iterator[Fact]:
    """Sources that sent nothing for this month but did for the one before, and mirrors, which no sum holds."""
    periods = bench.compared("gross_revenue", bench.month.plus(-1))
    roles = _roles(bench)
    series = bench.gold.series("gross_revenue", "source")
    if periods is not None:
        now, then = series.get(bench.month, {}), series.get(bench.month.plus(-1), {})
        for key, total in then.items():
            amount = total.numerator or Decimal(0)
            whole = sum((t.numerator or Decimal(0) for k, t in then.items() if roles.get(k) == "counts"), Decimal(0))
            if key in now or roles.get(key) != "counts" or whole <= 0 or amount / whole < bench.thresholds.member_share:
                continue
            before = Period(months=(bench.month.plus(-1),), complete=periods[1].complete)
            claim = Claim(
                type="missing_source",
                kpi="gross_revenue",
                period=Period(months=(bench.month,), complete=periods[0].complete),
                baseline=before,
                compare="previous_month",
                direction="down",
                member=bench.member("source", key),
            )
            counting = tuple(sorted(k for k in then if k is not None and roles.get(k) == "counts"))
            mine = Term(kpi="gross_revenue", months=before.months, dimension="source", members=(key,))
            every = Term(kpi="gross_revenue", months=before.months, dimension="source", members=counting)
            numbers = {"baseline": Number("value", (mine,)), "share": Number("share", (mine, every))}
            if fact := bench.fact(claim, numbers, divided(amount, whole) or Decimal(0), n=2):
                yield fact
    for key, total in series.get(bench.month, {}).items():
        if roles.get(key) == "mirror" and total.numerator:
            yield from _mirror(bench, key)


def _mirror(bench: Bench, key: str | None) -> Iterator[Fact]:
    def of(column: str) -> Term:
        return Term(
            kpi="paid_orders", months=(bench.month,), dimension="source", members=(key,), at=_SOURCES, column=column
        )

    period = Period(months=(bench.month,))
    claim = Claim(type="mirror_source", kpi="gross_revenue", period=period, member=bench.member("source", key))
    amount = over("gross_revenue", period, "source", key)
    numbers = {
        "share": Number("share", (of("matched_orders"), of("compared_orders"))),
        "amount": Number("value", (amount,)),
    }
    if fact := bench.fact(claim, numbers, Decimal(0)):
        yield fact


def _roles(bench: Bench) -> dict[str | None, str]:
    if _SOURCES not in bench.gold.versions:
        return {}
    sql = "SELECT source_id, arg_max(role, month) FROM {table} GROUP BY ALL"
    return {str(k): str(role) for k, role in bench.gold.tables.query(sql, _SOURCES, bench.gold.versions[_SOURCES])}


def quarantined(bench: Bench) -> Iterator[Fact]:
    """Records that could not be taken, where they are more than a few."""
    records = Term(kpi="lines", months=(bench.month,), of="records", at="silver.sales_quarantine")
    lines = Term(kpi="lines", months=(bench.month,))
    kept, taken = bench.gold.value(records), bench.gold.value(lines)
    if not kept or taken is None:
        return
    share = kept / (kept + taken)
    if share < bench.thresholds.quarantine_share:
        return
    claim = Claim(type="quarantine", kpi="lines", period=Period(months=(bench.month,)))
    numbers = {"records": Number("value", (records,)), "lines": Number("value", (lines,))}
    if fact := bench.fact(claim, numbers, share.quantize(Decimal("1e-10"))):
        yield fact


def restated(bench: Bench, earlier: Mapping[Month, int]) -> Iterator[Fact]:
    """A closed month whose revenue is not what was published before. `earlier`: version that said otherwise."""
    if bench.month not in earlier:
        return
    gross = Term(kpi="gross_revenue", months=(bench.month,))
    before, now = bench.gold.value(gross, earlier[bench.month]), bench.gold.value(gross)
    if not before or now is None or abs(now - before) / before < bench.thresholds.restated:
        return
    period = bench.sales.of(bench.month) or Period(months=(bench.month,))
    claim = Claim(
        type="restated",
        kpi="gross_revenue",
        period=period,
        baseline=period,
        direction="up" if now > before else "down",
    )
    numbers = {
        "current": Number("value", (gross,)),
        "baseline": Number("value", (gross,), delta_version=earlier[bench.month]),
    }
    if fact := bench.fact(claim, numbers, bench.impact(now - before), n=2):
        yield fact


def provisional(bench: Bench) -> Iterator[Fact]:
    """Conversions that the platforms may still change."""
    period = Period(months=(bench.month,), complete=bench.month in bench.ads_complete)
    some, every = (over(kpi, period) for kpi in ("provisional_conversions", "conversions"))
    open_, total = bench.gold.value(some), bench.gold.value(every)
    if not open_ or not total or open_ / total < bench.thresholds.provisional_share:
        return
    claim = Claim(type="provisional_conversions", kpi="provisional_conversions", period=period)
    value = bench.gold.value(over("conversion_value", period)) or Decimal(0)
    numbers = {"current": Number("value", (some,)), "share": Number("share", (some, every))}
    if fact := bench.fact(claim, numbers, bench.impact(value * open_ / total)):
        yield fact


def other_currencies(bench: Bench) -> Iterator[Fact]:
    """Sales in another currency, which no figure here holds."""
    for currency in sorted(bench.gold.currencies(bench.month) - {bench.gold.currency}):
        gross = Term(kpi="gross_revenue", months=(bench.month,))
        amount = bench.gold.total(gross, None, currency).value
        if amount:
            claim = Claim(type="other_currency", kpi="gross_revenue", period=Period(months=(bench.month,)))
            if fact := bench.fact(claim, {"current": Number("value", (gross,), currency=currency)}, Decimal(0)):
                yield fact
