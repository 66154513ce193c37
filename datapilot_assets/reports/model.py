"""The shape of a file's report: what `report --format json` and the JSON in the store hold.

Decimals are exact text, ratios text of 10 places, months `YYYY-MM`, dates ISO 8601; null is unknown, never zero.
Texts for people are in the report's language, codes and measures are the stable names.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Effect(_Frozen):
    """One measure of gold.sales_month that the file changed."""

    month: str
    measure: str
    currency: str
    before: str | None
    after: str | None


class Example(_Frozen):
    """One record that was not taken. `line` is the row that a spreadsheet shows; `header` as in the file."""

    record: int
    line: int
    column: str
    header: str | None
    value: str | None
    text: str


class ReasonGroup(_Frozen):
    """Records of one reason. `amount`: sum of those whose line value can be read, null where none can."""

    code: str
    count: int
    amount: str | None
    text: str
    remedy: str
    examples: tuple[Example, ...]


class ReadColumn(_Frozen):
    """A column as the file names it, the field that it was taken for, and how its values were read."""

    column: str
    field: str
    decimal_mark: str | None
    date_order: str | None


class Reading(_Frozen):
    """How the file was read; `extras`: columns that no field takes.

    `table`: the sheet of a workbook or member of an archive; `currency_hint`: what the amounts' headers say.
    """

    table: str | None
    currency_hint: str | None
    encoding: str
    delimiter: str
    columns: tuple[ReadColumn, ...]
    extras: tuple[str, ...]


class MonthRecords(_Frozen):
    month: str
    records: int


class KeptMonth(_Frozen):
    """A month that failed a gate: the last good figures stay published."""

    month: str
    code: str
    text: str
    remedy: str


class Amount(_Frozen):
    currency: str
    amount: str


class Step(_Frozen):
    """Something that the sender can do, with the commands ready to copy."""

    text: str
    commands: tuple[str, ...] = ()


class FileReport(_Frozen):
    """One decision of the landing log. Fates are null until every month of the file is refined.

    `counts`: whether its records count: accepted, or a part whose month became complete by a later one.
    `accepted_amounts`: sum of the accepted lines whatever their status, what a spreadsheet's sum of the amount
    column gives; `share_accepted`: (accepted + superseded) / (records - ignored), what of the file was good.
    `source_role`: counts, mirror or off; only what counts is in the figures, and what is off is not even judged.
    `at_stake`: of a held or waiting file, the money that the decision moves.
    `computed_with`: other files of the same refinement, whose effects cannot be told from this one's.
    """

    file: str
    records: int
    accepted: int | None
    superseded: int | None
    quarantined: int | None
    ignored: int | None
    effects: tuple[Effect, ...] = ()
    computed_with: tuple[str, ...] = ()
    seq: int
    org_id: str
    sha256: str
    source: str
    source_role: str | None = None
    arrived_at: str
    verdict: str
    reason: str | None
    detail: str
    counts: bool
    pending: bool
    at_stake: Amount | None = None
    share_accepted: str | None = None
    accepted_amounts: tuple[Amount, ...] = ()
    first_date: str | None = None
    last_date: str | None = None
    months: tuple[MonthRecords, ...] = ()
    kept_months: tuple[KeptMonth, ...] = ()
    read_as: Reading | None = None
    reasons: tuple[ReasonGroup, ...] = ()
    notices: tuple[str, ...] = ()
    next_steps: tuple[Step, ...] = ()
    stored_at: str
