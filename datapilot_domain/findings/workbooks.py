"""What is wrong with a workbook. `cell`: the finding of that name, which says where it is."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

WORKBOOKS = (
    finding("cell", "planilha {sheet!r}, linha {row}, coluna {column}", "sheet {sheet!r}, row {row}, column {column}"),
    finding("no_visible_sheet", "a pasta de trabalho não tem planilha visível", "the workbook has no visible sheet"),
    finding("sheet_empty", "a planilha {sheet!r} não tem conteúdo", "sheet {sheet!r} has no content"),
    finding("sheet_lost", "a pasta de trabalho perdeu a planilha {sheet!r}", "the workbook has lost sheet {sheet!r}"),
    finding(
        "sheet_too_long", "a planilha {sheet!r} tem mais linhas que o limite, {limit}",
        "sheet {sheet!r} has more rows than the limit, {limit}",
    ),
    finding(
        "row_out_of_order", "planilha {sheet!r}: linha {row} depois da linha {before}",
        "sheet {sheet!r}: row {row} after row {before}",
    ),
    finding("cell_out_of_order", "{cell}: segue uma célula {following!r}", "{cell}: a cell {following!r} follows"),
    finding("cell_too_long", "{cell} passa de {limit} caracteres", "{cell} has more than {limit} characters"),
    finding(
        "cell_beyond", "{cell} tem um valor, o limite é de {limit} colunas",
        "{cell} has a value, the limit is {limit} columns",
    ),
    finding("cell_not_calculated", "{cell}: uma fórmula sem valor", "{cell}: a formula without a value"),
    finding(
        "cell_text_lost", "{cell}: a pasta de trabalho perdeu o texto {text!r}",
        "{cell}: the workbook has lost text {text!r}",
    ),
    finding(
        "too_many_styles", "a pasta de trabalho tem mais de {limit} estilos de célula",
        "the workbook has more than {limit} cell styles",
    ),
    finding(
        "too_many_texts", "a pasta de trabalho tem mais de {limit} textos", "the workbook has more than {limit} texts"
    ),
    finding(
        "texts_too_long", "os textos da pasta de trabalho passam de {limit} bytes",
        "the texts of the workbook have more than {limit} bytes",
    ),
    # Parts: the XML documents that a workbook is made of.
    finding(
        "part_not_readable", "a parte {part!r} da pasta de trabalho não se lê: {error}",
        "part {part!r} of the workbook is not readable: {error}",
    ),
    finding(
        "part_too_deep", "a parte {part!r} passa de {limit} níveis", "part {part!r} is nested more than {limit} deep"
    ),
    finding(
        "part_document_type", "a parte {part!r} declara um tipo de documento", "part {part!r} declares a document type"
    ),
    finding(
        "part_tag_too_long", "a parte {part!r} tem uma marca de mais de {limit} bytes",
        "part {part!r} has a tag of more than {limit} bytes",
    ),
    finding(
        "part_too_many_names", "a parte {part!r} tem mais de {limit} nomes de marcas",
        "part {part!r} has more than {limit} names of tags",
    ),
)  # fmt: skip
