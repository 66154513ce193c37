"""TableContract: what a table promises. Schemas, casts, rules, checks and docs are derived from it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Layer = Literal["landing", "bronze", "silver", "gold", "insights"]
Severity = Literal["ERROR", "WARN"]
# Days at each end of a month of which it is known whether they changed: what its neighbours' weeks reach.
EDGE_DAYS = 3


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Frozen):
    """One column. `type` is Spark SQL DDL (`decimal(18,4)`), the notation that every engine here can read."""

    name: str
    type: str = "string"
    description: str
    nullable: bool = True
    personal: bool = False
    # What follows is only meaningful for bronze, whose columns all hold text.
    aliases: tuple[str, ...] = ()
    holds: Literal["text", "number", "instant"] = "text"
    grain: Literal["line", "order"] = "line"
    # Two headers on one field: refused, summed (fees), or the first listed alias wins (sku, category).
    several: Literal["refuse", "sum", "first"] = "refuse"


class Rule(_Frozen):
    """A condition that a record must NOT meet, as Spark SQL over the typed candidate rows.

    `column` is the source field to name to the sender. Rules are tried in order: the first that holds is
    the record's reason, the others go into its text. ERROR quarantines the record, WARN only counts it.
    """

    code: str
    column: str
    condition: str
    severity: Severity = "ERROR"


class TableContract(_Frozen):
    """A table of one family, one Delta table per organization, partitioned by month where its scope is a month."""

    family: str
    layer: Layer
    table: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    # Raise it whenever the refinement that writes the table changes what it writes.
    version: int = Field(default=1, ge=1)
    # What is replaced as a whole: a month of an organization, or all that it has.
    scope: Literal["month", "organization"] = "month"
    # Organization settings that the rows depend on: part of the fingerprint.
    settings_read: tuple[str, ...] = ()
    # Whether the rows depend on the exchange rates that hold on their days.
    rates_read: bool = False
    # Roles of the month's sources that the rows depend on (R25): of all, or only which of them are off.
    roles_read: Literal["none", "off", "all"] = "none"
    # Which contracts it is computed from, and the months it reads of them, relative to its own.
    reads: tuple[str, ...] = ()
    months_read: tuple[int, int] = (0, 0)
    # Instead of whole months beside its own: so many days before its first and after its last, at most 3.
    days_read: int = Field(default=0, ge=0, le=EDGE_DAYS)
    owner: str = "team:data"
    lateness: str = "a month may change while its sources still send rows for it"

    @model_validator(mode="after")
    def _key_is_in_columns(self) -> TableContract:
        names = [column.name for column in self.columns]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.id}: a column is listed twice")
        if unknown := set(self.key) - set(names):
            raise ValueError(f"{self.id}: key columns {sorted(unknown)} are not columns")
        return self

    @property
    def id(self) -> str:
        """`gold.sales_month`, as the command line and the docs write it."""
        return f"{self.layer}.{self.table}"

    @property
    def asset_key(self) -> tuple[str, str]:
        return (self.layer, self.table)

    @property
    def window(self) -> range:
        """Months that it reads at least a day of, relative to its own."""
        first, last = (-1, 1) if self.days_read else self.months_read
        return range(first, last + 1)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def personal_columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.personal)

    @property
    def shown(self) -> tuple[Column, ...]:
        """All that a reader may see: no clear personal data, and not the month's fingerprint in every row."""
        return tuple(column for column in self.columns if not column.personal and column.name != "fingerprint")

    @property
    def ddl(self) -> str:
        """Schema as Spark SQL DDL, in column order."""
        return ", ".join(
            f"`{column.name}` {column.type}{'' if column.nullable else ' NOT NULL'}" for column in self.columns
        )

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


# Columns that every monthly table carries.
ORG_ID = Column(name="org_id", description="Organization, from the inbox, never from the file", nullable=False)
MONTH = Column(name="month", description="Partition: civil month YYYY-MM", nullable=False)
FINGERPRINT = Column(
    name="fingerprint",
    description="32 hex characters over everything that the month was computed from",
    nullable=False,
)
# Columns of the quarantine of every family: records that silver could not take, with the reason.
QUARANTINE = (
    ORG_ID,
    MONTH,
    Column(name="source_id", description="Inbox folder or --source", nullable=False),
    Column(name="file", description="File name as it arrived", nullable=False),
    Column(name="file_sha256", description="The bytes", nullable=False),
    Column(name="landed_seq", type="int", description="Entry of the landing log", nullable=False),
    Column(name="record_no", type="int", description="Record in the file", nullable=False),
    Column(name="column", description="First field that failed", nullable=False),
    Column(name="reason", description="Reason code of that field", nullable=False),
    Column(
        name="failures",
        type="array<string>",
        description="Every CODE:field that failed, in rule order",
        nullable=False,
    ),
    Column(name="text", description="The record's fields, personal data masked", nullable=False),
    Column(name="unit_key", description="Unit of merge", nullable=False),
    FINGERPRINT,
)
