"""Words of a report in both languages of an organization."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from datapilot_domain.commands import quoted
from datapilot_domain.field_names import FIELD_NAMES
from datapilot_domain.kpis import KPIS, Wording
from datapilot_domain.landing import Notice
from datapilot_domain.locales import format_date, format_money, format_month, format_number, format_value
from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_domain.reasons import REASONS

_TEXTS = """
accepted | aceito | accepted
accepted_in_part | aceito em parte | accepted in part
accepted_pending | aceito; os números ainda não foram calculados | accepted; its figures are not computed yet
accepted_kept | aceito, mas nem todo mês foi publicado | accepted, but not every month was published
already_loaded | já carregado | already loaded
held | retido: nada mudou, falta a sua decisão | held: nothing changed, your decision is needed
waiting | esperando as outras partes | waiting for the other parts
refused | recusado: nada mudou | refused: nothing changed
report_of | Relatório do arquivo | Report of the file
received | recebido em | received
source | origem | source
role_mirror | espelho: fora das somas | mirror: out of the sums
role_off | desligada: fora de tudo | off: out of everything
why | Por quê | Why
at_stake | Valor em jogo | Money at stake
found | O que foi encontrado | What was found
records | Registros | Records
fate_accepted | Aceitos | Accepted
fate_superseded | Substituídos | Superseded
fate_quarantined | Não aceitos | Not accepted
fate_ignored | Ignorados | Ignored
fate_meaning | Substituídos: há uma versão mais nova. Ignorados: linhas em branco, títulos e totais. | \
Superseded: there is a newer version. Ignored: blank lines, titles and totals.
good_of_all | {good} de {total} registros bons ({share}) | {good} of {total} records good ({share})
replaced_since | {count} deles já substituídos por versões mais novas | \
{count} of them replaced by newer versions since
sum_of_lines | soma das linhas aceitas, em qualquer situação | sum of the accepted lines, whatever their status
from_to | de {first} a {last} | from {first} to {last}
not_accepted | O que não foi aceito | What was not accepted
one_record | 1 registro | 1 record
many_records | {count} registros | {count} records
line | Linha no arquivo | Line in the file
column | Coluna | Column
value | Conteúdo | Content
blank | (vazio) | (blank)
and_more | e mais {count} | and {count} more
what_to_do | O que fazer | What to do
figures | O que mudou nos números | What changed in the figures
computed_with | Calculado junto com | Computed together with
nothing_changed | Nenhum número mudou. | No figure changed.
kpi | Indicador | KPI
before | Antes | Before
after | Depois | After
difference | Diferença | Difference
new | novo | new
good_to_know | Bom saber | Good to know
kept_month | {month} não foi publicado; valem os últimos números bons. | \
{month} was not published; the last good figures stand.
read | Como o arquivo foi lido | How the file was read
encoding | Codificação | Encoding
delimiter | separador | delimiter
taken_for | Entendida como | Taken for
written | Como se lê | Read as
not_used | Guardadas sem uso nos números | Kept without use in the figures
months | Registros por mês | Records by month
nothing_to_do | Nada a fazer. | Nothing to do.
step_correct | Corrija os registros não aceitos: exporte a lista, preencha e envie o arquivo corrigido. | \
Correct the records that were not accepted: export the list, mend it and land the corrected file.
step_send_again | Depois de corrigir, envie o arquivo de novo. | When it is mended, send the file again.
step_send_replacing | Envie o arquivo de novo, com o nome do que ele substitui no lugar de NAME. | \
Send the file again, with the name of the one that it replaces in place of NAME.
step_confirm | Se o arquivo está certo, confirme. | If the file is right, confirm it.
step_wait | Espere o processamento, ou rode agora. | Wait for the refinement, or run it now.
comma | vírgula | comma
semicolon | ponto e vírgula | semicolon
tab | tabulação | tab
pipe | barra vertical | pipe
decimal_comma | vírgula decimal (1.234,56) | decimal comma (1.234,56)
decimal_point | ponto decimal (1,234.56) | decimal point (1,234.56)
dmy | dia/mês/ano | day/month/year
mdy | mês/dia/ano | month/day/year
serial | dias como o Excel conta | days as Excel counts them
table | Tabela lida | Table that was read
currency | Moeda nos títulos | Currency in the headers
ymd | ano-mês-dia | year-month-day
section | Seção | Section
item | Item | Item
code | Código | Code
count | Quantidade | Count
amount | Valor | Amount
file | Arquivo | File
verdict | Resultado | Result
month | Mês | Month
record | Registro | Record
"""

TEXTS: dict[str, Wording] = {
    name: Wording(pt=pt, en=en) for name, pt, en in (line.split(" | ") for line in _TEXTS.strip().splitlines())
}
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_DECIMAL_MARKS = {",": "decimal_comma", ".": "decimal_point"}
_MONEY = re.compile(r"([A-Z]{3}) (-?[0-9]+(?:\.[0-9]+)?)")
_MONTH_IN_TEXT = re.compile(r"(?<![0-9-])([0-9]{4}-(?:0[1-9]|1[0-2]))(?![0-9-])")


class Words:
    """The words of one language. `words("records")`, `words("many_records", count=3)`."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def __call__(self, name: str, **values: str) -> str:
        return TEXTS[name].of(self.locale).format(**values)

    def field(self, name: str) -> str:
        """A field in words. One that has no name yet is shown by its own."""
        return FIELD_NAMES[name].of(self.locale) if name in FIELD_NAMES else name

    def measure(self, name: str) -> str:
        return KPIS[name].title.of(self.locale)

    def month(self, month: str) -> str:
        return format_month(Month.parse(month), self.locale)

    def date(self, date: str) -> str:
        return format_date(dt.date.fromisoformat(date), self.locale)

    def records(self, count: int) -> str:
        return self("one_record") if count == 1 else self("many_records", count=self.count(count))

    def count(self, count: int) -> str:
        return format_number(count, self.locale, 0)

    def delimiter(self, character: str) -> str:
        return self(_DELIMITERS[character]) if character in _DELIMITERS else character

    def written(self, decimal_mark: str | None, date_order: str | None) -> str:
        if date_order is not None:  # `dmy+serial`: a column that has both
            return " + ".join(self(order) for order in date_order.split("+"))
        return self(_DECIMAL_MARKS[decimal_mark]) if decimal_mark is not None else ""

    def money(self, amount: str, currency: str) -> str:
        return format_money(Decimal(amount), currency, self.locale)

    def figure(self, measure: str, value: Decimal, currency: str) -> str:
        """A value of a KPI with its unit, signed money as the locale writes it."""
        return format_value(value, KPIS[measure].unit, currency, self.locale)

    def notice(self, notice: Notice, org: OrgId, file: str) -> str:
        """Text and remedy of a notice about a file, its amounts, months and counts as the reader writes them."""
        reason = REASONS[notice.code]
        values = {name: self._local(name, value) for name, value in notice.values.items()}
        remedy = reason.remedy(self.locale).format(org=org, file=quoted(file), **values)
        return f"{reason.text(self.locale).format(**values)} {remedy}"

    def _local(self, name: str, value: str) -> str:
        if name == "count" and value.isdecimal():
            return self.count(int(value))
        if found := _MONEY.fullmatch(value):
            return self.money(found[2], found[1])
        if name.startswith("month"):
            return _MONTH_IN_TEXT.sub(lambda found: format_month(Month.parse(found[1]), self.locale), value)
        return value
