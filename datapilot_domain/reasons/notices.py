"""Things that the sender should know and that refuse nothing; wording with {values}."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

NOTICES = (
    reason(
        "ORDERS_KEPT", "notice",
        "Pedidos de antes que não estão neste arquivo e foram mantidos: {count}, {amount} ({orders}).",
        "Earlier orders that are not in this file and were kept: {count}, {amount} ({orders}).",
        "Para removê-los, envie com complete=AAAA-MM ou replaces=NOME.",
        "To remove them, land the file with --complete YYYY-MM or --replaces NAME.",
    ),
    reason(
        "ORDERS_REMOVED", "notice",
        "Pedidos de antes que saíram por declaração deste arquivo: {count}, {amount} ({orders}).",
        "Earlier orders removed by this file's declaration: {count}, {amount} ({orders}).",
        "Para desfazer, envie de novo o arquivo anterior com uma nova declaração.",
        "To undo it, land the earlier file again with a new declaration.",
    ),
    reason(
        "ORDERS_INCOMPLETE", "notice",
        "Pedidos com linhas em quarentena, que contam sem elas: {count} ({orders}).",
        "Orders with lines in quarantine, which count without them: {count} ({orders}).",
        "Corrija as linhas em quarentena e envie-as de novo.", "Correct the quarantined lines and send them again.",
    ),
    reason(
        "PAID_NOW_OPEN", "notice",
        "Pedidos que estavam pagos e voltaram a ficar em aberto neste arquivo: {count}, {amount} ({orders}).",
        "Orders that were paid and are open again in this file: {count}, {amount} ({orders}).",
        "Confira a situação destes pedidos: eles saíram da receita.",
        "Check the status of these orders: they left revenue.",
    ),
    reason(
        "ORDER_TOTAL_DIFFERS", "notice",
        "Pedidos com total diferente da soma dos itens já recebidos: {count}, diferença de {amount} ({orders})."
        " Os itens foram mantidos.",
        "Orders whose total in this file is not the sum of the items received before: {count}, a difference of"
        " {amount} ({orders}). The items were kept.",
        "Se o total novo é o certo, envie os itens destes pedidos de novo.",
        "If the new total is right, send the items of these orders again.",
    ),
    reason(
        "LINES_REPEATED", "notice",
        "Linhas sem número de pedido, iguais a linhas já recebidas, que contam uma vez só: {count}, {amount}.",
        "Lines without an order number, equal to lines received before, which count once: {count}, {amount}.",
        "Se são outras vendas, inclua o número do pedido na exportação.",
        "If they are other sales, include the order number in the export.",
    ),
    reason(
        "EXPLANATION_IGNORED", "notice",
        "A linha abaixo dos títulos explica as colunas e não conta como venda: “{text}”.",
        "The row below the headers explains the columns and counts as no sale: “{text}”.",
        "Nada a fazer; se é uma venda, corrija a data e os valores dela e envie o arquivo de novo.",
        "Nothing to do; if it is a sale, correct its date and amounts and send the file again.",
    ),
    reason(
        "LATE_ROWS", "notice",
        "Linhas de meses anteriores ao mês principal do arquivo: {count} ({months}).",
        "Records of months before the file's main month: {count} ({months}).",
        "Nada a fazer: os meses foram recalculados.", "Nothing to do: those months were restated.",
    ),
    reason(
        "STATUS_ASSUMED", "notice",
        "Sem coluna de situação: todas as linhas contam como pagas.",
        "No status column: every line counts as paid.",
        "Inclua a situação do pedido na exportação.", "Include the order status in the export.",
    ),
    reason(
        "ORDER_LEVEL", "notice",
        "O arquivo não tem produtos: receita e pedidos contam, as tabelas de produtos deixam estas vendas de fora.",
        "The file has no products: revenue and orders count, product tables leave these sales out.",
        "Para ver produtos, exporte o relatório com uma linha por item.",
        "To see products, export the report with one line per item.",
    ),
    reason(
        "QUANTITY_ABSENT", "notice",
        "Sem coluna de quantidade: a receita conta, as unidades vendidas ficam em branco.",
        "No quantity column: revenue counts, units sold stay null.",
        "Inclua a quantidade na exportação; se cada linha é uma unidade:"
        " datapilot mapping set --org {org} --file {file} --assume-quantity 1",
        "Include the quantity in the export; if each line is one unit:"
        " datapilot mapping set --org {org} --file {file} --assume-quantity 1",
    ),
    reason(
        "QUANTITY_ASSUMED", "notice",
        "Sem coluna de quantidade: cada linha conta como uma unidade, como a organização disse.",
        "No quantity column: each line counts as one unit, as the organization said.",
        "Se não é assim, inclua a quantidade na exportação ou desfaça:"
        " datapilot mapping remove --org {org} --file {file} --assume-quantity",
        "If it is not so, include the quantity in the export or undo it:"
        " datapilot mapping remove --org {org} --file {file} --assume-quantity",
    ),
    reason(
        "QUANTITY_NOT_ASSUMED", "notice",
        "A quantidade está na coluna {column}: a quantidade 1 que a organização disse para presumir não foi usada.",
        "The quantity is in column {column}: the quantity 1 that the organization said to assume was not used.",
        "Nada a fazer; para retirar a opção: datapilot mapping remove --org {org} --file {file} --assume-quantity",
        "Nothing to do; to take the option back: datapilot mapping remove --org {org} --file {file} --assume-quantity",
    ),
    reason(
        "DISCOUNT_ABSENT", "notice",
        "Sem coluna de desconto: descontos ficam em branco e a receita líquida não os desconta.",
        "No discount column: discounts stay null and net revenue does not subtract them.",
        "Inclua o desconto na exportação.", "Include the discount in the export.",
    ),
    reason(
        "COLUMNS_UNMAPPED", "notice",
        "Colunas sem uso nos indicadores, guardadas como extras: {columns}.",
        "Columns without use in the KPIs, kept as extras: {columns}.",
        "Para usar uma delas (troque COLUMN e FIELD): datapilot mapping set --org {org} --file {file} COLUMN=FIELD",
        "To use one of them (replace COLUMN and FIELD): datapilot mapping set --org {org} --file {file} COLUMN=FIELD",
    ),
    reason(
        "TOTALS_UNPROVEN", "notice",
        "O total do registro {record} não pôde ser conferido: há valores que não foram lidos.",
        "The total in record {record} could not be checked: there are amounts that were not readable.",
        "Corrija os valores em quarentena e confira o total.", "Correct the quarantined amounts and compare the total.",
    ),
    reason(
        "TABLE_CHOSEN", "notice",
        "Foi lida {table}; não têm títulos de vendas e não foram lidas: {others}.",
        "{table} was read; without the headers of sales, and not read: {others}.",
        "Se alguma delas tem vendas, envie-a em um arquivo à parte.",
        "If one of them holds sales, send it in a file of its own.",
    ),
    reason(
        "COLUMNS_NEW", "notice",
        "Colunas que o último arquivo desta origem não tinha, guardadas como extras: {columns}.",
        "Columns that the last file of this source did not have, kept as extras: {columns}.",
        "Para usar uma delas (troque COLUMN e FIELD): datapilot mapping set --org {org} --file {file} COLUMN=FIELD",
        "To use one of them (replace COLUMN and FIELD): datapilot mapping set --org {org} --file {file} COLUMN=FIELD",
    ),
    reason(
        "COLUMNS_GONE", "notice",
        "Colunas que o último arquivo desta origem tinha e este não tem, agora em branco: {columns}.",
        "Columns that the last file of this source had and this one has not, now blank: {columns}.",
        "Se só mudaram de nome, diga qual é qual (troque COLUMN, se houver, pela coluna nova):{suggestion}",
        "If they were only renamed, say which is which (replace COLUMN, if there, by the new column):{suggestion}",
    ),
    reason(
        "SOURCE_MIRRORED", "notice",
        "A origem {source} repete vendas que já contam em {against}: {matched} de {compared} pedidos ({share}),"
        " {amount}. Ela é um espelho: não entra nas somas.",
        "Source {source} repeats sales that already count in {against}: {matched} of {compared} orders ({share}),"
        " {amount}. It is a mirror: it stays out of the sums.",
        "Se são vendas diferentes: datapilot source set {source} --org {org} --role counts",
        "If they are other sales: datapilot source set {source} --org {org} --role counts",
    ),
    reason(
        "SOURCE_COMPARED", "notice",
        "A origem {source} soma com {against}: {matched} de {compared} pedidos ({share}) são os mesmos, {amount}.",
        "Source {source} adds up with {against}: {matched} of {compared} orders ({share}) are the same, {amount}.",
        "Se contam as mesmas vendas: datapilot source set {source} --org {org} --role mirror",
        "If they tell of the same sales: datapilot source set {source} --org {org} --role mirror",
    ),
    reason(
        "SOURCE_NOT_COUNTED", "notice",
        "A origem {source} está declarada como {role}: este arquivo não entra nas somas.",
        "Source {source} is declared {role}: this file stays out of the sums.",
        "Para somar: datapilot source set {source} --org {org} --role counts",
        "To count it: datapilot source set {source} --org {org} --role counts",
    ),
    reason(
        "CORRECTIONS_UNCHANGED", "notice",
        "Registros que voltaram sem correção e continuam em quarentena: {count} ({rows}).",
        "Records that came back without a correction and stay in quarantine: {count} ({rows}).",
        "Corrija o campo indicado e envie de novo.", "Correct the field that is named and send them again.",
    ),
    reason(
        "CORRECTIONS_CLOSED", "notice",
        "Registros que já tinham sido corrigidos ou substituídos; estas linhas não mudaram nada: {count} ({rows}).",
        "Records that were already corrected or replaced; these rows changed nothing: {count} ({rows}).",
        "Nada a fazer; para corrigir o que ainda está aberto, exporte a quarentena de novo.",
        "Nothing to do; to correct what is still open, export the quarantine again.",
    ),
    reason(
        "CORRECTION_FIELD_ABSENT", "notice",
        "Valores em colunas que o arquivo original não tem não foram usados: {fields}.",
        "Values in columns that the original file does not have were not taken: {fields}.",
        "Inclua a coluna no arquivo original e envie-o de novo.",
        "Add the column to the original file and land it again.",
    ),
)  # fmt: skip
