"""What is wrong with a header, or which table of the file is meant; and the commands that answer it."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

HEADERS = (
    finding(
        "rows_of_one_column",
        "nas primeiras {rows} linhas cada uma é uma só coluna, como {first!r}: nada as separa (; , tab ou |)",
        "looked at the first {rows} rows; each is one column, as in {first!r}: no ; , tab or | parts them",
    ),
    finding(
        "no_known_header", "nenhum título conhecido nas primeiras {rows} linhas; a mais larga é {widest!r}",
        "no known header in the first {rows} rows; the widest is {widest!r}",
    ),
    finding(
        "too_many_columns", "o cabeçalho tem {count} colunas, o limite é {limit}",
        "the header has {count} columns, the limit is {limit}",
    ),
    finding("no_table_of_sales", "nenhuma tem títulos de vendas: {names}", "none has the headers of sales: {names}"),
    finding("tables_of_sales", "têm títulos de vendas: {names}", "these have the headers of sales: {names}"),
    # What a file lacks. `missing`: fields, or the next two; `columns`: headers, or the last one; `free`: headers.
    finding(
        "columns_missing", "faltam: {missing}; encontradas: {columns}; livres: {free}",
        "missing: {missing}; found: {columns}; free: {free}",
    ),
    finding("either_amount", "{amount} (ou {quantity} e {price})", "{amount} (or {quantity} and {price})"),
    finding("either_name", "{order} (ou {sku} ou {product})", "{order} (or {sku} or {product})"),
    finding("column_as_field", "{column} → {field}", "{column} → {field}"),
    finding("no_column", "nenhuma", "none"),
    finding("if_column_is_missing", "se uma das colunas é a que falta", "if a column is what is missing"),
    finding(
        "if_some_column_is_missing", "se uma das colunas é a que falta (troque COLUMN por ela)",
        "if a column is what is missing (replace COLUMN by it)",
    ),
    finding("if_lines_are_units", "se cada linha é uma unidade", "if each line is one unit"),
    # What several columns claim.
    finding(
        "columns_of_one_field", "{columns!r} dizem ser o mesmo campo: {field}",
        "{columns!r} claim the same field: {field}",
    ),
    finding("to_take_column", "para usar {column!r}", "to take {column!r}"),
    finding(
        "column_in_currency", "{column!r} está em {currency}", "{column!r} is in {currency}"
    ),
    finding("currencies_differ", "{columns}", "{columns}"),
    finding("to_take_currency", "para usar só os valores em {currency}", "to take the amounts in {currency} alone"),
    # What the records do not decide; `why` is one of the next group.
    finding("column_unclear", "{column!r}: {why}", "{column!r}: {why}"),
    finding("column_unclear_with_sums", "{column!r}: {why} ({sums})", "{column!r}: {why} ({sums})"),
    finding("sum_as_field", "{amount} como {field}", "{amount} as {field}"),
    finding("to_take_as", "para usar como {field}", "to take it as {field}"),
    finding("to_take_as_without", "para usar como {field}, sem {columns}", "to take it as {field} without {columns}"),
    finding(
        "other_dates", "{columns!r} também pode ser a data da venda",
        "{columns!r} may be the date of the sale as well",
    ),
    finding(
        "state_or_status", "{states} dos valores são estados brasileiros, {statuses} são situações de venda",
        "{states} of the values are Brazilian states, {statuses} statuses of a sale",
    ),
    finding(
        "price_or_amount", "igual para toda quantidade em {each} produtos, cresce com ela em {whole}",
        "the same for every quantity on {each} products, grows with it on {whole}",
    ),
    finding(
        "one_value_per_order", "um só valor em {constant} de {orders} pedidos de várias linhas",
        "one value in {constant} of {orders} orders of several lines",
    ),
    finding(
        "one_value_in_few_orders",
        "um só valor em {constant} de {orders} pedidos de várias linhas, poucos para decidir",
        "one value in {constant} of {orders} orders of several lines: too few to tell",
    ),
    finding(
        "line_or_order_value",
        "quantidade × preço em {share} das linhas, um só valor em {constant} de {orders} pedidos de várias linhas",
        "quantity × price on {share} of the lines, one value in {constant} of {orders} orders of several lines",
    ),
)  # fmt: skip
