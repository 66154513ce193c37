"""The ledger of model calls: one row per HTTP attempt, reserved before it is sent and settled after it.

Kept by `side_records`: SQLite in DATAPILOT_HOME, or Postgres; safe between processes in both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.llm_usage import Prices, Usage
from datapilot_resources.settings import Settings
from datapilot_resources.side_records import SCHEMA, SideRecords

ResponseFormat = Literal["json_schema", "json_object", "text"]
# invalid: an answer that cannot be used; rejected: HTTP 3xx or 4xx; unreachable: no whole HTTP answer came.
Settled = Literal[
    "ok", "invalid", "refused", "length", "timeout", "cancelled", "unreachable", "rejected", "server_error"
]
Status = Literal["reserved", Settled]

_METADATA = sa.MetaData(schema=SCHEMA)
_ATTEMPTS = sa.Table(
    "llm_attempts",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("org_id", "month", "run_id", "purpose", "provider")),
    sa.Column("model_asked", sa.Text, nullable=False),
    sa.Column("model_returned", sa.Text),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("prompt_hash", "schema_hash", "response_format")),
    *(sa.Column(f"{name}_tokens", sa.Integer) for name in ("input", "cached", "output", "reasoning")),
    sa.Column("tokens_estimated", sa.Boolean),
    sa.Column("reserved_tokens", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Text) for name in ("reserved_cost", "cost", "price_version")),  # decimals are exact as text
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("latency_ms", sa.Integer),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Index("llm_attempts_by_month", "org_id", "month"),
    sqlite_autoincrement=True,  # the id of an erased row is never another one's (Postgres: a sequence)
)


class BudgetExhausted(RuntimeError):
    """A call does not fit into the organization's budget of that month; nothing was reserved."""


class Planned(BaseModel):
    """An HTTP attempt about to be made."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    org_id: OrgId
    month: Month
    run_id: str
    purpose: str
    provider: str
    model_asked: str
    prompt_hash: str
    schema_hash: str
    response_format: ResponseFormat


class Attempt(Planned):
    """One HTTP attempt. Costs in US dollars, None when no price is known; tokens None until it is settled.

    `reserved_tokens` and `reserved_cost` are what it may use at most, and 0 once it is settled.
    """

    id: int
    model_returned: str | None
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    tokens_estimated: bool | None
    reserved_tokens: int
    reserved_cost: Decimal | None
    cost: Decimal | None
    price_version: str | None
    status: Status
    latency_ms: int | None
    started_at: AwareDatetime

    @property
    def tokens(self) -> int:
        return (self.input_tokens or 0) + (self.output_tokens or 0)


class Spent(BaseModel):
    """What an organization's month used, and what attempts still under way (or lost in a crash) may use.

    Costs in US dollars; None: no attempt has a known price.
    """

    model_config = ConfigDict(frozen=True)

    tokens: int
    cost: Decimal | None
    reserved_tokens: int
    reserved_cost: Decimal | None


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc)


class CallLedger:
    def __init__(self, settings: Settings, clock: Callable[[], dt.datetime] = _utc_now) -> None:
        self._records = SideRecords(settings, _METADATA, "ledger.sqlite")
        self._clock = clock
        self._prices = Prices.from_settings(settings)
        self._budget, self._token_budget = settings.llm_budget, settings.llm_token_budget

    def reserve(self, planned: Planned, at_most: Usage) -> int:
        """Id of a new attempt that may use `at_most`. Raises BudgetExhausted.

        A reservation that a crash leaves behind keeps counting: nobody knows whether its call was answered.
        """
        cost = self._prices.cost(at_most) if self._prices else None
        row = {
            **planned.model_dump(mode="json"),
            "reserved_tokens": at_most.tokens,
            "reserved_cost": _text(cost),
            "price_version": self._prices.version if self._prices else None,
            "status": "reserved",
            "started_at": self._clock().astimezone(dt.timezone.utc).isoformat(),
        }

        def insert(connection: sa.Connection) -> int:
            self._check(_select(connection, planned.org_id, planned.month), planned, at_most.tokens, cost)
            inserted = connection.execute(_ATTEMPTS.insert().values(row)).inserted_primary_key
            assert inserted is not None
            return int(inserted[0])

        return self._records.transact(insert)

    def _check(self, attempts: list[Attempt], planned: Planned, tokens: int, cost: Decimal | None) -> None:
        spent, whose = _spent(attempts), f"{planned.org_id}, {planned.month}"
        used = spent.tokens + spent.reserved_tokens
        if used + tokens > self._token_budget:
            found = f"{used} of {self._token_budget} tokens are used or reserved, this call may use {tokens}"
            raise BudgetExhausted(f"{whose}: {found}; raise LLM_TOKEN_BUDGET")
        paid = (spent.cost or 0) + (spent.reserved_cost or 0)
        if self._budget is not None and cost is not None and paid + cost > self._budget:
            found = f"{paid:f} of {self._budget:f} dollars are used or reserved, this call may cost {cost:f}"
            raise BudgetExhausted(f"{whose}: {found}; raise LLM_BUDGET")

    def settle(
        self, attempt_id: int, *, status: Settled, usage: Usage, latency_ms: int, model_returned: str | None = None
    ) -> Attempt:
        """Replace a reservation by what was used, more than reserved too. Raises LookupError: it is not reserved."""
        values = {
            "status": status,
            "model_returned": model_returned,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "tokens_estimated": usage.estimated,
            "reserved_tokens": 0,
            "reserved_cost": _text(Decimal(0)) if self._prices else None,
            "cost": _text(self._prices.cost(usage)) if self._prices else None,
            "price_version": self._prices.version if self._prices else None,
            "latency_ms": latency_ms,
        }
        return self._update(attempt_id, _ATTEMPTS.c.status == "reserved", values)

    def mark(self, attempt_id: int, status: Settled) -> Attempt:
        """Change the status of a settled attempt, as when its answer turns out invalid. Raises LookupError."""
        return self._update(attempt_id, _ATTEMPTS.c.status != "reserved", {"status": status})

    def _update(self, attempt_id: int, condition: sa.ColumnElement[bool], values: dict[str, Any]) -> Attempt:
        one = _ATTEMPTS.c.id == attempt_id

        def update(connection: sa.Connection) -> Attempt:
            if connection.execute(_ATTEMPTS.update().where(one, condition).values(values)).rowcount != 1:
                raise LookupError(f"attempt {attempt_id} does not exist, or is settled already or not yet")
            return Attempt.model_validate(dict(connection.execute(_ATTEMPTS.select().where(one)).mappings().one()))

        return self._records.transact(update)

    def attempts(self, org_id: OrgId, month: Month | None = None) -> list[Attempt]:
        """In the order in which they began."""
        return self._records.transact(lambda connection: _select(connection, org_id, month))

    def spent(self, org_id: OrgId, month: Month) -> Spent:
        return _spent(self.attempts(org_id, month))

    def erase(self, org_id: OrgId) -> int:
        """Remove every row of an organization, from SQLite's file and not only from the table; how many there were.

        Raises TimeoutError while another process holds a reading transaction of that file: erase again.
        """
        mine = _ATTEMPTS.delete().where(_ATTEMPTS.c.org_id == str(org_id))
        rows = self._records.transact(lambda connection: connection.execute(mine).rowcount)
        self._records.forget()
        return rows


def _select(connection: sa.Connection, org_id: OrgId, month: Month | None) -> list[Attempt]:
    query = _ATTEMPTS.select().where(_ATTEMPTS.c.org_id == str(org_id)).order_by(_ATTEMPTS.c.id)
    if month is not None:
        query = query.where(_ATTEMPTS.c.month == str(month))
    return [Attempt.model_validate(dict(row)) for row in connection.execute(query).mappings()]


def _spent(attempts: list[Attempt]) -> Spent:
    # Summed here: a database would add decimals in text as binary fractions.
    costs = [attempt.cost for attempt in attempts if attempt.cost is not None]
    reserved = [attempt.reserved_cost for attempt in attempts if attempt.reserved_cost is not None]
    return Spent(
        tokens=sum(attempt.tokens for attempt in attempts),
        cost=sum(costs, Decimal(0)) if costs else None,
        reserved_tokens=sum(attempt.reserved_tokens for attempt in attempts),
        reserved_cost=sum(reserved, Decimal(0)) if reserved else None,
    )


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"
