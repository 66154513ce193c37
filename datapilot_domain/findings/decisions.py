"""What is declared, decided or to be decided about a file; and the commands that decide it."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

DECLARED = (
    finding(
        "folder_unknown",
        "pasta {folder!r}: esperava-se uma origem, complete=AAAA-MM, part-1-of-2, set=ID,"
        " asof=AAAAMMDDTHHMM ou replaces=NOME",
        "folder {folder!r}: expected a source, complete=YYYY-MM, part-1-of-2, set=ID,"
        " asof=YYYYMMDDTHHMM or replaces=NAME",
    ),
    finding(
        "folder_month", "pasta {folder!r}: escreva o mês como AAAA-MM, por exemplo 2024-01",
        "folder {folder!r}: write the month as YYYY-MM, as in 2024-01",
    ),
    finding(
        "folder_time", "pasta {folder!r}: escreva AAAAMMDDTHHMM, na hora da organização, ou com Z em UTC",
        "folder {folder!r}: write YYYYMMDDTHHMM, local to the organization, or with Z for UTC",
    ),
    finding("folder_no_time", "pasta {folder!r}: não há tal dia ou hora", "folder {folder!r}: no such day or time"),
    finding("declared_twice", "{folders}: {name} foi declarado duas vezes", "{folders}: {name} is declared twice"),
    finding("declared_wrong", "{folders}: {why}", "{folders}: {why}"),
    finding(
        "part_number", "parte {index} de {total}: escreva i/n com 1 <= i <= n <= 9999",
        "part {index} of {total}: write i/n with 1 <= i <= n <= 9999",
    ),
    finding(
        "part_of_no_month", "uma parte precisa do mês completo de que ela é parte",
        "a part needs the complete month that it is a part of",
    ),
    finding(
        "two_ways_to_remove", "complete e replaces são dois modos de retirar: escolha um",
        "complete and replaces are two ways to remove: choose one",
    ),
    finding(
        "time_outside", "as_of {time} está fora do calendário em UTC", "as_of {time} is outside the calendar in UTC"
    ),
    finding(
        "correction_declares", "um arquivo de correção não declara nada: suas linhas dizem de que registros são",
        "a correction file declares nothing: its rows name their records",
    ),
    finding(
        "month_outside", "complete={month} está fora do calendário, que vai de {first} a {last}",
        "complete={month} is outside the calendar {first} to {last}",
    ),
    finding(
        "replaced_unknown", "{name!r} não está entre os arquivos ativos da origem {source}: {files}",
        "{name!r} is not among the active files of source {source}: {files}",
    ),
    finding("no_file", "nenhum", "none"),
    finding("pointers_unknown", "coluna {column}, linhas {rows}", "column {column}, rows {rows}"),
)  # fmt: skip

ANSWERS = (
    finding("inside", "{place}: {found}", "{place}: {found}"),
    finding(
        "loaded_before", "carregado como {file} na origem {source} em {time} UTC",
        "loaded as {file} in source {source} on {time} UTC",
    ),
    finding(
        "loaded_elsewhere", "os mesmos bytes estão carregados como {file} na origem {source}",
        "the same bytes are loaded as {file} in source {source}",
    ),
    finding("was_held", "estava retido desde {time} UTC: {code}", "it was held since {time} UTC: {code}"),
    finding("was_waiting", "esperava desde {time} UTC: {code}", "it was waiting since {time} UTC: {code}"),
    finding("program_failed", "{error}", "{error}"),
    # Of entries that were written before findings had names: what they said, in the language of then.
    finding("as_told", "{text}", "{text}"),
)  # fmt: skip

HOLDS = (
    finding(
        "parts_missing", "complete={month}: faltam as partes {missing} de {total}",
        "complete={month}: parts {missing} of {total} are still missing",
    ),
    finding(
        "other_totals",
        "{shared} dos {orders} pedidos do arquivo já existem na origem {source}; {differing} deles ({share}) com outro"
        " total: {before} lá, {here} aqui",
        "{shared} of the file's {orders} orders are in source {source} already; {differing} of them ({share}) with"
        " another total: {before} there, {here} here",
    ),
    finding(
        "columns_lost",
        "sem {columns}, que todos os arquivos anteriores da origem {source} tinham; valor do arquivo: {amount};"
        " colunas novas: {new}",
        "without {columns}, which every earlier file of source {source} had; value of the file: {amount};"
        " new columns: {new}",
    ),
    finding("column_of_field", "{column} ({field})", "{column} ({field})"),
)  # fmt: skip

CHOICES = (
    finding("if_renamed", "se a coluna só mudou de nome", "if the column was only renamed"),
    finding("if_right", "se o arquivo está certo assim, aceite-o", "if the file is right as it is, take it"),
    finding(
        "if_of_another_source", "se é de outra loja ou origem, diga qual (troque NAME)",
        "if it is of another store or source, say which (replace NAME)",
    ),
    finding("if_it_replaces", "se substitui um arquivo anterior", "if it replaces an earlier file"),
    finding("if_complete", "se é o mês completo da origem", "if it is the whole month of its source"),
    finding("if_not_valid", "se não vale", "if it does not count"),
    finding(
        "to_send_part", "a parte {number} de {total} (troque FILE pelo arquivo)",
        "part {number} of {total} (replace FILE by the file)",
    ),
)  # fmt: skip

DECISIONS = (*DECLARED, *ANSWERS, *HOLDS, *CHOICES)
