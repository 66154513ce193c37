"""What is wrong with the records of a table."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

RECORDS = (
    finding("too_many_records", "o limite é de {limit} registros", "the limit is {limit} records"),
    finding("record_too_long", "o registro da linha {line} é longo demais", "the record in line {line} is too long"),
    finding(
        "field_of_line_too_long", "linha {line}: um campo passa de {limit} caracteres",
        "line {line}: a field has more than {limit} characters",
    ),
    finding(
        "field_of_record_too_long", "registro {record}: um campo passa de {limit} caracteres",
        "record {record}: a field has more than {limit} characters",
    ),
    finding(
        "value_too_long", "registro {record}, coluna {column!r}: mais de {limit} caracteres",
        "record {record}, column {column!r}: more than {limit} characters",
    ),
    finding(
        "quote_open", "as aspas abertas na linha {line} não fecham", "the quote opened in line {line} is never closed"
    ),
    finding(
        "quote_open_before", "aspas abertas antes da linha {line} não fecham",
        "a quote opened before line {line} is never closed",
    ),
    finding(
        "written_two_ways",
        "coluna {column!r}: o registro {record} tem {text!r}, o registro {other} tem {other_text!r}",
        "column {column!r}: record {record} has {text!r}, record {other} has {other_text!r}",
    ),
    finding(
        "marks_of_field_differ", "as colunas de {field} usam vírgula e ponto decimal",
        "the columns of {field} use both marks",
    ),
    finding(
        "header_alone", "o arquivo só tem o cabeçalho; para dizer que o mês foi zero, declare o mês completo",
        "the file has a header and no line; to say zero, declare the month complete",
    ),
    finding(
        "no_date_with_amount",
        "nenhum registro tem data entre {first} e {last} e também um valor; no primeiro registro: {cells}",
        "no record has both a date in {first} to {last} and an amount; in the first record: {cells}",
    ),
    finding("cell_has", "{column} = {text!r}", "{column} = {text!r}"),
    finding("cell_empty", "{column} vazia", "{column} is empty"),
    finding(
        "total_differs", "o registro {record} diz {said}, as linhas antes dele somam {sum}",
        "record {record} says {said}, the lines before it sum to {sum}",
    ),
)  # fmt: skip
