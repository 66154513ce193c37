"""Reasons for which a whole file is refused, held or waiting."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

FILES = (
    reason(
        "EMPTY_FILE", "file", "O arquivo está vazio.", "The file is empty.",
        "Exporte de novo; para declarar um mês sem vendas, envie só o cabeçalho com complete=AAAA-MM.",
        "Export it again; to declare a month without sales, send the header alone with complete=YYYY-MM.",
    ),
    reason(
        "NOT_A_TABLE", "file", "O conteúdo não é uma tabela.", "The content is not a table.",
        "Exporte como CSV ou como pasta de trabalho do Excel (.xlsx).",
        "Export it as CSV or as an Excel workbook (.xlsx).",
    ),
    reason(
        "FILE_DAMAGED", "file", "O arquivo chegou cortado ou danificado.", "The file arrived cut or damaged.",
        "Envie de novo; se o erro se repetir, exporte de novo.", "Send it again; if that fails too, export it again.",
    ),
    reason(
        "PASSWORD_PROTECTED", "file", "O arquivo está protegido por senha.", "The file is protected by a password.",
        "Tire a senha e envie de novo.", "Remove the password and send it again.",
    ),
    reason(
        "ARCHIVE_CONTENT", "file", "O arquivo compactado contém algo que não se abre por segurança.",
        "The archive holds something that is not opened, for safety.",
        "Compacte só a tabela, ou envie a tabela sem compactar.",
        "Pack the table alone, or send it without packing it.",
    ),
    reason(
        "SEVERAL_TABLES", "file", "Mais de uma tabela ou planilha do arquivo tem títulos de vendas.",
        "More than one table or sheet of the file has the headers of sales.",
        "Envie um arquivo para cada uma, ou oculte as planilhas que não valem.",
        "Send one file for each, or hide the sheets that do not count.",
    ),
    reason(
        "FORMULAS_NOT_CALCULATED", "file", "A planilha tem fórmulas que nunca foram calculadas.",
        "The sheet has formulas that were never calculated.",
        "Abra o arquivo no Excel, salve e envie de novo.", "Open the file in Excel, save it and send it again.",
    ),
    reason(
        "UNREADABLE_TEXT", "file", "A codificação do texto não foi reconhecida.",
        "The text encoding was not recognised.", "Salve como CSV UTF-8.", "Save it as CSV UTF-8.",
    ),
    reason(
        "BROKEN_QUOTES", "file", "Há aspas que não fecham.", "A quote is never closed.",
        "Exporte de novo; o arquivo pode ter sido cortado.", "Export it again; the file may have been cut.",
    ),
    reason(
        "LIMIT_EXCEEDED", "file", "O arquivo passa de um limite da organização.",
        "The file exceeds a limit of the organization.",
        "Divida o arquivo ou aumente o limite no cadastro.", "Split the file or raise the limit in the registry.",
    ),
    reason(
        "HEADER_NOT_FOUND", "file", "Nenhuma linha tem os títulos de uma tabela de vendas.",
        "No row holds the headers of a sales table.",
        "Confira o arquivo. Se uma linha tem os títulos, diga o que são (troque COLUMN e FIELD).",
        "Check the file. If one of its rows holds the headers, say what they are (replace COLUMN and FIELD).",
        "datapilot mapping set --org {org} --file {file} COLUMN=FIELD",
    ),
    reason(
        "COLUMNS_MISSING", "file", "Faltam colunas obrigatórias.", "Required columns are missing.",
        "Inclua as colunas ou diga quais são.", "Add the columns or say which they are.",
    ),
    reason(
        "COLUMNS_CONFLICT", "file", "Duas colunas dizem ser o mesmo campo.", "Two columns claim the same field.",
        "Diga qual vale.", "Say which one counts.",
    ),
    reason(
        "CURRENCY_HEADERS_DIFFER", "file", "Os títulos das colunas de valor falam de moedas diferentes.",
        "The headers of the amounts name different currencies.",
        "Exporte os valores em uma só moeda ou deixe os outros de fora.",
        "Export the amounts in one currency or leave the others out.",
    ),
    reason(
        "DECIMAL_MARK_MIXED", "file", "Uma coluna mistura vírgula e ponto decimal.",
        "A column mixes decimal comma and decimal point.", "Exporte de novo com um só formato.",
        "Export it again with one format.",
    ),
    reason(
        "DATE_ORDER_MIXED", "file", "Uma coluna mistura dia/mês e mês/dia.",
        "A column mixes day-first and month-first dates.", "Exporte de novo com um só formato.",
        "Export it again with one format.",
    ),
    reason(
        "NO_GOOD_ROW", "file", "Nenhuma linha tem data e valor legíveis.",
        "No row has a readable date and amount.", "Confira o arquivo ou o mapeamento das colunas.",
        "Check the file or the mapping of its columns.",
    ),
    reason(
        "TOTALS_DIFFER", "file", "A linha de total não confere com a soma das linhas.",
        "The totals row does not equal the sum of the lines.",
        "O arquivo pode ter sido cortado: exporte de novo.", "The file may have been cut: export it again.",
    ),
    reason(
        "REPLACED_FILE_UNKNOWN", "file", "O arquivo a substituir não foi encontrado nesta origem.",
        "The file to replace was not found in this source.",
        "Confira o nome ou o sha256 entre os arquivos recebidos.", "Check its name or sha256 among the files received.",
        "datapilot report --org {org}",
    ),
    reason(
        "DECLARATION_INVALID", "file", "A declaração do arquivo não é válida.",
        "The declaration of the file is not valid.", "Corrija a pasta ou a opção.", "Mend the folder or option.",
    ),
    reason(
        "CORRECTION_UNKNOWN", "file",
        "O arquivo de correção aponta para registros que esta organização não tem, ou uma linha perdeu o ponteiro.",
        "The correction file points to records that this organization does not have, or a row lost its pointer.",
        "Exporte a quarentena de novo e corrija sem mudar a coluna datapilot_record.",
        "Export the quarantine again, correct it and leave the column datapilot_record as it is.",
        "datapilot quarantine export --org {org} --output quarantine.csv",
    ),
    reason(
        "PARTS_MISSING", "file", "Faltam partes do mês completo.", "Parts of the complete month are missing.",
        "Envie as outras partes.", "Send the other parts.",
    ),
    reason(
        "STORE_LOOKALIKE", "file",
        "O arquivo parece ser de outra loja: tem números de pedido desta origem com outros valores. Nada mudou.",
        "The file looks like another store: it has order numbers of this source with other totals. Nothing changed.",
        "Decida com um dos comandos.", "Decide with one of the commands.", "datapilot held --org {org}",
    ),
    reason(
        "COLUMN_LOST", "file",
        "Falta uma coluna de que os valores dependem e que esta origem sempre teve. Nada mudou.",
        "A column that the money depends on, and that this source always had, is gone. Nothing changed.",
        "Decida com um dos comandos.", "Decide with one of the commands.", "datapilot held --org {org}",
    ),
    reason(
        "DECIDED_AGAINST", "file", "Quem decide disse que este arquivo não vale.",
        "Whoever decides said that this file does not count.",
        "Nada a fazer; os bytes ficam guardados. Enviado de novo, será decidido de novo.",
        "Nothing to do; the bytes are kept. Sent again, it is decided again.",
    ),
    reason(
        "ORGANIZATION_UNKNOWN", "file", "A organização não está no cadastro.",
        "The organization is not in the registry.", "Cadastre a organização.", "Add the organization.",
        "datapilot org add {org}",
    ),
)  # fmt: skip
