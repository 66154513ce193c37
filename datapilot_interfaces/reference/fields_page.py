"""The fields of a sales file and every header under which they are recognised."""

from __future__ import annotations

import inspect

from datapilot_assets.landing.context import CHECKS
from datapilot_domain.contracts.sales_fields import CONTEXT_HEADERS, SALES_FIELDS
from datapilot_domain.contracts.sales_status import STATUS_WORDS
from datapilot_domain.contracts.table import Column
from datapilot_domain.field_names import FIELD_NAMES
from datapilot_domain.markdown import code, escape, table

_INTRODUCTION = """\
# Sales files: fields and headers

A file needs a date (`sold_at`), an amount (`line_amount`, or `quantity` and `unit_price`; in a file of orders without
products `order_total` or `order_subtotal`) and what names the sale (`order_id`, `sku` or `product_name`). All other
fields are optional; a column that is no field is kept as an extra. A quantity that the file does not have stays
unknown, unless the organization said that each line is one unit: `datapilot mapping set --assume-quantity 1`.

Case, accents, punctuation, `º ª °` and `(R$) (BRL) (US$)` in a header do not count: `VLR_UNIT` is `Vlr. Unit.`.
What the organization said by `datapilot mapping set` comes first. A header that may mean several things is decided by
the rest of the file (last section). A file whose headers do not give these fields is refused with the list of what is
missing; nothing is guessed."""

_SEVERAL = {
    "refuse": "",
    "sum": "Several such columns are added.",
    "first": "Of several such columns the first in this list counts, the others are kept as extras.",
}
_HOLDS = {"text": "text", "number": "number", "instant": "date, with or without a time"}


def fields_page() -> str:
    lines = [_INTRODUCTION, "", "## Fields", ""]
    lines += table(("Field", "In Portuguese", "Meaning", "Holds"), [_row(field) for field in SALES_FIELDS])
    lines += ["", "## Headers", ""]
    for field in SALES_FIELDS:
        headers = " · ".join(code(header) for header in field.aliases)
        lines += [
            f"**{field.name}** {headers}" + (f" {_SEVERAL[field.several]}" if _SEVERAL[field.several] else ""),
            "",
        ]
    lines += ["## Headers that the rest of the file decides", ""]
    lines += table(
        ("Header", "May be", "Rule"), [_context(headers, fields) for headers, fields in CONTEXT_HEADERS.items()]
    )
    return "\n".join(lines) + "\n"


def _row(field: Column) -> list[str]:
    meaning = escape(field.description)
    if field.grain == "order":
        meaning += "; one value per order, spread over its lines"
    if field.personal:
        meaning += " **(personal data)**"
    return [code(field.name), escape(FIELD_NAMES[field.name].pt), meaning, _HOLDS[field.holds]]


def _context(headers: tuple[str, ...], fields: tuple[str, ...]) -> list[str]:
    rule = inspect.getdoc(CHECKS[headers[0]]) or "The first of these that no other column is."
    kept = [*map(code, fields)] or ["an extra"]
    return [", ".join(map(code, headers)), ", ".join(kept), " ".join(rule.split())]


def status_page() -> str:
    lines = [
        "# Status words",
        "",
        "What the text of a status column means for revenue. Case, accents and outer spaces do not count. A text that "
        "is not here is `unknown`: its amount stays out of revenue, in `unknown_amount`, with a warning, until "
        "somebody says what it means. Payment status beats order status, except cancelled.",
        "",
        *table(
            ("Status", "Words"),
            [[code(status), " · ".join(escape(word) for word in words)] for status, words in STATUS_WORDS.items()],
        ),
    ]
    return "\n".join(lines) + "\n"
