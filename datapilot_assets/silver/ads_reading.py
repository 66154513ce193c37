"""How silver reads an ad platform's objects: their schema, and what each of its fields says, as Spark SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """schema: DDL of an object, all leaves text, with `misshapen` for the objects that do not fit it.

    reads: name → SQL expression over the parsed object, which stands under its platform's name.
        Texts: spend_text, impressions, clicks, currency, time_zone, attribution_window; id and name of campaign,
        ad_group and ad. Decimals, null where unreadable: spend, conversions, conversion_value.
        Booleans: has_conversions, has_conversion_value (the object says them), is_misshapen.
    """

    schema: str
    reads: dict[str, str]


def text(*fields: str) -> str:
    """SQL of the first of the fields that says anything, without blanks around it."""
    return f"coalesce({', '.join(f'nullif(trim({field}), {_NOTHING})' for field in fields)})"


def whole_number(of_text: str) -> str:
    """SQL of a bigint; null for anything but a whole number that fits. Connectors may write `5675.0`."""
    return f"try_cast(regexp_replace({of_text}, '[.]0+$', '') AS bigint)"


_NOTHING = "''"
