"""What landing found, in the reader's language, apart from the commands that it gave with it.

A detail is written in English beside the check that fails. The usual ones have a Portuguese sentence here; any other
is shown as it is, and so is everything that the file itself says.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from datapilot_domain.field_names import FIELD_NAMES
from datapilot_domain.locales import format_money
from datapilot_domain.markdown import one_line

# `; to take it as sku: `datapilot mapping set …``: a command with the clause that says what it decides.
_COMMAND = re.compile(r"(?:^|;\s*)(?P<clause>[^;`]*?):?\s*`(?P<command>datapilot [^`]*)`")
# A held file's detail ends with the commands of which one decides: `… | datapilot decide … | datapilot …`.
_CHOICE = re.compile(r" \| (?=datapilot [a-z])")
# A command that was written without backticks ends the detail.
_BARE_COMMAND = re.compile(r"[;:,.]?\s*(?P<command>datapilot [a-z].*)$")

# Sentence in English → in Portuguese. Groups named `fields…` hold names of fields.
_SENTENCES = (
    (r"missing: (?P<fields>.*?); found: (?P<fields_found>.*); free: (?P<free>.*)",
     "faltam: {fields}; encontradas: {fields_found}; livres: {free}"),
    (r"missing: (?P<fields>.*?); found: (?P<fields_found>.*)", "faltam: {fields}; encontradas: {fields_found}"),
    (r"(?P<columns>.+) both mean (?P<fields>\w+)", "{columns} dizem ser o mesmo campo: {fields}"),
    (r"looked at the first (?P<rows>\d+) rows; the widest is (?P<row>.*)",
     "nenhum título conhecido nas primeiras {rows} linhas; a mais larga é {row}"),
    (r"no record has both a date in (?P<first>\S+) to (?P<last>\S+) and an amount; (?P<rest>.*)",
     "nenhum registro tem data entre {first} e {last} e também um valor; {rest}"),
    (r"the file has a header and no line; to say zero, declare complete",
     "o arquivo só tem o cabeçalho; para dizer que o mês foi zero, declare o mês completo"),
    (r"(?P<column>'.+'): one value in (?P<some>\d+) of (?P<all>\d+) orders of several lines(?:: too few to tell)? "
     r"\((?P<lines>.+) as line_amount, (?P<orders>.+) as order_total\)",
     "{column}: um só valor em {some} de {all} pedidos de várias linhas; lida por linha a coluna soma {lines}, por"
     " pedido {orders}"),
    (r"the file has no content", "o arquivo não tem conteúdo"),
    (r"the file looks like (?P<kind>.*)", "o arquivo parece ser: {kind}"),
    (r"the quote opened in line (?P<line>\d+) is never closed", "as aspas abertas na linha {line} não fecham"),
    (r"column (?P<column>.+): record (?P<a>\d+) has (?P<x>.+), record (?P<b>\d+) has (?P<y>.+)",
     "coluna {column}: o registro {a} tem {x}, o registro {b} tem {y}"),
    (r"(?P<size>\d+) bytes; the limit is (?P<limit>\d+)", "{size} bytes; o limite é {limit}"),
    (r"the file has (?P<size>\d+) bytes, the limit is (?P<limit>\d+)",
     "o arquivo tem {size} bytes; o limite é {limit}"),
    (r"the header has (?P<size>\d+) columns, the limit is (?P<limit>\d+)",
     "o cabeçalho tem {size} colunas, o limite é {limit}"),
    (r"(?P<size>\d+) records, the limit is (?P<limit>\d+) records", "{size} registros, o limite é {limit}"),
    (r"(?P<name>.+) is not among the active files of source (?P<source>\S+): (?P<names>.*)",
     "{name} não está entre os arquivos ativos da origem {source}: {names}"),
    (r"complete=(?P<month>\S+): still missing (?P<parts>.*)", "complete={month}: ainda faltam {parts}"),
    (r"complete=(?P<month>\S+) is outside the calendar (?P<first>\S+) to (?P<last>\S+)",
     "complete={month} está fora do calendário de {first} a {last}"),
    (r"(?P<a>.+) is in (?P<x>[A-Z]{3}), (?P<b>.+) is in (?P<y>[A-Z]{3})", "{a} está em {x}, {b} está em {y}"),
    (r"(?P<what>.+) ends too early: it was cut", "{what} termina antes do fim: foi cortado"),
)  # fmt: skip
_PORTUGUESE = [(re.compile(english), portuguese) for english, portuguese in _SENTENCES]
# An amount as landing writes it: `BRL 105.00`.
_MONEY = re.compile(r"(?<![\w'])([A-Z]{3}) (-?[0-9]+\.[0-9]{2})(?![\w'])")
_CLAUSES = (
    (re.compile(r"to take it as (\w+) without (.+)"), r"para usar como \1, sem \2"),
    (re.compile(r"to take it as (\w+)"), r"para usar como \1"),
    (re.compile(r"to take (.+)"), r"para usar \1"),
    (re.compile(r"if each line is one unit"), "se cada linha é uma unidade"),
    (re.compile(r"if a column is what is missing"), "se uma das colunas for a que falta"),
    (re.compile(r"\(put a free column in place of COLUMN\)"), "(ponha uma coluna livre no lugar de COLUMN)"),
)
_FIELD = re.compile(rf"(?<![\w-])({'|'.join(FIELD_NAMES)})(?![\w-])")
_MAPPED = re.compile(rf"(?<=→ )({'|'.join(FIELD_NAMES)})(?![\w-])")


class Command(NamedTuple):
    """A command ready to copy; `purpose` is empty where the detail gives none."""

    purpose: str
    command: str


def split_detail(detail: str, locale: str) -> tuple[str, tuple[Command, ...]]:
    """What was found, for the reader, and the commands that came with it."""
    detail = _MONEY.sub(lambda m: format_money(Decimal(m[2]), m[1], locale), one_line(detail))
    detail, *ready = _CHOICE.split(detail)
    if ready:
        return _in_words(detail, locale), tuple(Command("", command) for command in ready)
    commands = [Command(_purpose(found["clause"], locale), found["command"]) for found in _COMMAND.finditer(detail)]
    rest = _COMMAND.sub("", detail)
    if not commands and (bare := _BARE_COMMAND.search(rest)):
        commands, rest = [Command("", bare["command"])], rest[: bare.start()]
    return _in_words(rest.strip(" ;"), locale), tuple(commands)


def _purpose(clause: str, locale: str) -> str:
    if locale == "pt-BR":
        for english, portuguese in _CLAUSES:
            clause = english.sub(portuguese, clause)
    return clause.strip()


def _in_words(detail: str, locale: str) -> str:
    for english, portuguese in _PORTUGUESE if locale == "pt-BR" else ():
        if found := english.fullmatch(detail):
            values = {name: _named(name, value, locale) for name, value in found.groupdict().items()}
            return portuguese.format(**values)
    return detail


def _named(group: str, text: str, locale: str) -> str:
    """Fields under the names that people know; of a column only what it was taken for, never its header."""
    if not group.startswith("fields"):
        return text
    pattern = _MAPPED if "found" in group else _FIELD
    text = pattern.sub(lambda found: FIELD_NAMES[found[1]].of(locale), text)
    return text.replace("(or ", "(ou ").replace(" or ", " ou ").replace(" and ", " e ") if pattern is _FIELD else text
