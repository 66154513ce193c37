"""Words of the messages, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from datapilot_domain.kpis import Wording
from datapilot_domain.locales import format_month
from datapilot_domain.markdown import one_line
from datapilot_domain.partitions import Month, contiguous_stretches

PLATFORM = Wording(pt="plataforma", en="platform")
RESOLVED = Wording(pt="resolvido", en="resolved")
REMEDY = Wording(pt="O que fazer", en="What to do")
SEVERITY = {
    "info": Wording(pt="informação", en="info"),
    "warning": Wording(pt="atenção", en="warning"),
    "critical": Wording(pt="crítico", en="critical"),
}
MORE = Wording(pt="e mais {}", en="and {} more")
MORE_ALERTS = Wording(pt="e mais {} alertas", en="and {} more alerts")
MORE_ORGANIZATIONS = Wording(pt="e mais {} organizações", en="and {} more organizations")
ORGANIZATIONS = Wording(pt="{} organizações", en="{} organizations")
NEW = (Wording(pt="1 alerta novo", en="1 new alert"), Wording(pt="{} alertas novos", en="{} new alerts"))
ENDED = (Wording(pt="1 resolvido", en="1 resolved"), Wording(pt="{} resolvidos", en="{} resolved"))
TO = Wording(pt="{} a {}", en="{} to {}")
TEST = Wording(
    pt="DataPilot: teste do canal {}. Nada aconteceu.", en="DataPilot: a test of channel {}. Nothing has happened."
)

_MOST_STRETCHES = 6
# What makes a link, a mention or a tag in a chat; text of strangers must not. U+2060 is not shown.
_LIVE = re.compile(r"(?<=:)(?=//)|(?<=@)|(?<=<)|(?<=\])(?=\()|(?<=\bwww)(?=\.)", re.IGNORECASE)


def inert(text: str) -> str:
    """Text of strangers as one line in which no link, mention or tag works."""
    return _LIVE.sub("\u2060", one_line(text))


def months_text(months: Iterable[Month], language: str) -> str:
    """`janeiro/2024 a março/2024, maio/2024`; at most six stretches."""
    stretches = contiguous_stretches(months)
    said = [
        format_month(stretch[0], language)
        if len(stretch) == 1
        else TO.of(language).format(format_month(stretch[0], language), format_month(stretch[-1], language))
        for stretch in stretches[:_MOST_STRETCHES]
    ]
    rest = len(stretches) - _MOST_STRETCHES
    return ", ".join([*said, MORE.of(language).format(rest)] if rest > 0 else said)


def counted(words: tuple[Wording, Wording], number: int, language: str) -> str:
    return words[number != 1].of(language).format(number)
