"""Reason codes: what is wrong, in the reader's language, and what the sender can do about it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Scope = Literal["file", "record", "month", "notice"]


class Reason(BaseModel):
    """One code. `file` reasons refuse, hold or park a whole file; `record` reasons quarantine a record;
    `month` reasons are gates that keep a month from being published; a `notice` refuses nothing."""

    model_config = ConfigDict(frozen=True)

    code: str
    scope: Scope
    pt: str
    en: str
    remedy_pt: str
    remedy_en: str

    def text(self, locale: str) -> str:
        return self.pt if locale == "pt-BR" else self.en

    def remedy(self, locale: str) -> str:
        return self.remedy_pt if locale == "pt-BR" else self.remedy_en


def _reason(code: str, scope: Scope, pt: str, en: str, remedy_pt: str, remedy_en: str) -> Reason:
    return Reason(code=code, scope=scope, pt=pt, en=en, remedy_pt=remedy_pt, remedy_en=remedy_en)


_ALL = (
    # File: refused, held or waiting.
    _reason(
        "EMPTY_FILE", "file", "O arquivo está vazio.", "The file is empty.",
        "Exporte de novo; para declarar um mês sem vendas, envie só o cabeçalho com complete=AAAA-MM.",
        "Export it again; to declare a month without sales, send the header alone with complete=YYYY-MM.",
    ),
    _reason(
        "NOT_A_TABLE", "file", "O conteúdo não é uma tabela de texto.", "The content is not a text table.",
        "Exporte como CSV.", "Export it as CSV.",
    ),
    _reason(
        "UNREADABLE_TEXT", "file", "A codificação do texto não foi reconhecida.",
        "The text encoding was not recognised.", "Salve como CSV UTF-8.", "Save it as CSV UTF-8.",
    ),
    _reason(
        "BROKEN_QUOTES", "file", "Há aspas que não fecham.", "A quote is never closed.",
        "Exporte de novo; o arquivo pode ter sido cortado.", "Export it again; the file may have been cut.",
    ),
    _reason(
        "LIMIT_EXCEEDED", "file", "O arquivo passa de um limite da organização.",
        "The file exceeds a limit of the organization.",
        "Divida o arquivo ou aumente o limite no cadastro.", "Split the file or raise the limit in the registry.",
    ),
    _reason(
        "HEADER_NOT_FOUND", "file", "Nenhuma linha tem os títulos de uma tabela de vendas.",
        "No row holds the headers of a sales table.",
        "Confira o arquivo ou salve um mapeamento: datapilot mapping set.",
        "Check the file or save a mapping: datapilot mapping set.",
    ),
    _reason(
        "COLUMNS_MISSING", "file", "Faltam colunas obrigatórias.", "Required columns are missing.",
        "Inclua as colunas ou diga quais são: datapilot mapping set.",
        "Add the columns or say which they are: datapilot mapping set.",
    ),
    _reason(
        "COLUMNS_CONFLICT", "file", "Duas colunas dizem ser o mesmo campo.", "Two columns claim the same field.",
        "Diga qual vale: datapilot mapping set.", "Say which one counts: datapilot mapping set.",
    ),
    _reason(
        "DECIMAL_MARK_MIXED", "file", "Uma coluna mistura vírgula e ponto decimal.",
        "A column mixes decimal comma and decimal point.", "Exporte de novo com um só formato.",
        "Export it again with one format.",
    ),
    _reason(
        "DATE_ORDER_MIXED", "file", "Uma coluna mistura dia/mês e mês/dia.",
        "A column mixes day-first and month-first dates.", "Exporte de novo com um só formato.",
        "Export it again with one format.",
    ),
    _reason(
        "NO_GOOD_ROW", "file", "Nenhuma linha tem data e valor legíveis.",
        "No row has a readable date and amount.", "Confira o arquivo ou o mapeamento das colunas.",
        "Check the file or the mapping of its columns.",
    ),
    _reason(
        "TOTALS_DIFFER", "file", "A linha de total não confere com a soma das linhas.",
        "The totals row does not equal the sum of the lines.",
        "O arquivo pode ter sido cortado: exporte de novo.", "The file may have been cut: export it again.",
    ),
    _reason(
        "REPLACED_FILE_UNKNOWN", "file", "O arquivo a substituir não foi encontrado nesta origem.",
        "The file to replace was not found in this source.",
        "Confira o nome ou o sha256 em: datapilot report.", "Check the name or sha256 in: datapilot report.",
    ),
    _reason(
        "DECLARATION_INVALID", "file", "A declaração do arquivo não é válida.",
        "The declaration of the file is not valid.", "Corrija a pasta ou a opção.", "Mend the folder or option.",
    ),
    _reason(
        "PARTS_MISSING", "file", "Faltam partes do mês completo.", "Parts of the complete month are missing.",
        "Envie as outras partes.", "Send the other parts.",
    ),
    _reason(
        "ORGANIZATION_UNKNOWN", "file", "A organização não está no cadastro.",
        "The organization is not in the registry.", "datapilot org add", "datapilot org add",
    ),
    # Record: quarantined by silver.
    _reason(
        "RECORD_SHAPE", "record", "O registro tem colunas a menos ou a mais.",
        "The record has too few or too many columns.", "Complete o registro e envie o arquivo de novo.",
        "Complete the record and send the file again.",
    ),
    _reason(
        "DATE_MISSING", "record", "Sem data.", "No date.", "Preencha a data da venda.", "Fill in the sale date.",
    ),
    _reason(
        "DATE_UNREADABLE", "record", "A data não existe ou não foi entendida.",
        "The date does not exist or was not understood.", "Corrija a data.", "Correct the date.",
    ),
    _reason(
        "DATE_OUTSIDE_CALENDAR", "record", "A data está fora do período aceito.",
        "The date is outside the accepted period.", "Corrija a data.", "Correct the date.",
    ),
    _reason(
        "QUANTITY_MISSING", "record", "Sem quantidade.", "No quantity.", "Preencha a quantidade.",
        "Fill in the quantity.",
    ),
    _reason(
        "QUANTITY_UNREADABLE", "record", "A quantidade não é um número.", "The quantity is not a number.",
        "Corrija a quantidade.", "Correct the quantity.",
    ),
    _reason(
        "AMOUNT_MISSING", "record", "Sem valor.", "No amount.", "Preencha o valor da linha.",
        "Fill in the amount of the line.",
    ),
    _reason(
        "AMOUNT_UNREADABLE", "record", "O valor não é um número.", "The amount is not a number.",
        "Corrija o valor.", "Correct the amount.",
    ),
    _reason(
        "SIGN_CONFLICT", "record", "Quantidade e valor têm sinais opostos.",
        "Quantity and amount have opposite signs.", "Corrija o sinal.", "Correct the sign.",
    ),
    _reason(
        "PRODUCT_AND_ORDER_MISSING", "record", "Sem produto e sem número de pedido.",
        "Neither a product nor an order number.", "Preencha um dos dois.", "Fill in one of them.",
    ),
    _reason(
        "DISCOUNT_UNREADABLE", "record", "O desconto não é um número.", "The discount is not a number.",
        "Corrija o desconto.", "Correct the discount.",
    ),
    _reason(
        "STATUS_UNKNOWN", "record", "A situação não é conhecida; o valor fica fora da receita.",
        "The status is not known; its amount stays out of revenue.", "Use uma situação conhecida.",
        "Use a known status.",
    ),
    # Month: gates.
    _reason(
        "CONSERVATION_BROKEN", "month", "Registros de entrada e de saída não fecham.",
        "Records in and records out do not balance.", "Defeito do programa: guarde o relatório e avise.",
        "A defect of the program: keep the report and tell us.",
    ),
    _reason(
        "CONTRACT_BROKEN", "month", "A tabela não cumpre o contrato (esquema ou chave).",
        "The table breaks its contract (schema or key).", "Veja os números da verificação.",
        "See the numbers of the check.",
    ),
    _reason(
        "QUARANTINE_MAJORITY", "month", "Mais da metade dos registros do mês está em quarentena.",
        "More than half of the month's records are quarantined.", "Corrija o arquivo e envie de novo.",
        "Correct the file and send it again.",
    ),
    _reason(
        "SUMS_DIFFER", "month", "As somas do mês não batem com os detalhamentos.",
        "The month's sums do not tie to their breakdowns.", "Defeito do programa: guarde o relatório e avise.",
        "A defect of the program: keep the report and tell us.",
    ),
    _reason(
        "UPSTREAM_NOT_CURRENT", "month", "A tabela de origem ainda não está em dia.",
        "The table it reads is not current yet.", "Materialize antes a camada anterior do mês.",
        "Materialize the month's earlier layer first.",
    ),
    # Notice: wording with {values}.
    _reason(
        "ORDERS_KEPT", "notice",
        "{count} pedidos de antes não estão neste arquivo e foram mantidos, {amount}: {orders}.",
        "{count} earlier orders are not in this file and were kept, {amount}: {orders}.",
        "Para removê-los, envie com complete=AAAA-MM ou replaces=NOME.",
        "To remove them, land the file with --complete YYYY-MM or --replaces NAME.",
    ),
    _reason(
        "ORDERS_REMOVED", "notice",
        "{count} pedidos de antes saíram por declaração deste arquivo, {amount}: {orders}.",
        "{count} earlier orders were removed by this file's declaration, {amount}: {orders}.",
        "Para desfazer, envie de novo o arquivo anterior com uma nova declaração.",
        "To undo it, land the earlier file again with a new declaration.",
    ),
    _reason(
        "LATE_ROWS", "notice",
        "{count} linhas são de meses anteriores ao mês principal do arquivo: {months}.",
        "{count} records belong to months before the file's main month: {months}.",
        "Nada a fazer: os meses foram recalculados.", "Nothing to do: those months were restated.",
    ),
    _reason(
        "STATUS_ASSUMED", "notice",
        "Sem coluna de situação: todas as linhas contam como pagas.",
        "No status column: every line counts as paid.",
        "Inclua a situação do pedido na exportação.", "Include the order status in the export.",
    ),
    _reason(
        "DISCOUNT_ABSENT", "notice",
        "Sem coluna de desconto: descontos ficam em branco e a receita líquida não os desconta.",
        "No discount column: discounts stay null and net revenue does not subtract them.",
        "Inclua o desconto na exportação.", "Include the discount in the export.",
    ),
    _reason(
        "COLUMNS_UNMAPPED", "notice",
        "Colunas sem uso nos indicadores, guardadas como extras: {columns}.",
        "Columns without use in the KPIs, kept as extras: {columns}.",
        "Para usar uma delas: datapilot mapping set.", "To use one of them: datapilot mapping set.",
    ),
)  # fmt: skip

REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}


class Refusal(Exception):
    """A file cannot be taken. `detail` names what was found and where; the remedy comes with the code."""

    def __init__(self, code: str, detail: str) -> None:
        self.reason = REASONS[code]
        self.detail = detail
        super().__init__(f"{code}: {detail}")

    @property
    def code(self) -> str:
        return self.reason.code
