"""The report in words: a shop owner finds what was taken, what not and why, what changed, and what to do."""

from __future__ import annotations

from collections import Counter

import pytest
from markdown_it import MarkdownIt

from datapilot_assets.reports import FileReport, report_markdown
from datapilot_assets.reports.model import Amount, KeptMonth
from datapilot_assets.reports.wording import TEXTS, Words
from datapilot_tests.assets.reports.written import NASTY, effect, report

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def lines(found: FileReport, locale: str = "pt-BR") -> list[str]:
    return report_markdown(found, locale).splitlines()


def test_what_was_taken_is_said_in_records_share_money_and_days() -> None:
    text = report_markdown(report(), "pt-BR")
    assert "**aceito em parte** · recebido em 12/02/2024 03:00 · origem main" in text
    assert "| 20 | 12 | 1 | 5 | 2 |" in text
    assert "**13 de 18 registros bons (72,2 %)**, 1 deles já substituídos" in text
    assert "**R$ 98.765,43**" in text
    assert "de 02/01/2024 a 31/01/2024" in text


def test_what_was_not_taken_names_line_column_and_content_as_the_sender_knows_them() -> None:
    found = lines(report())
    assert "### 5 registros, R$ 1.234,50: A data não existe. (`DATE_UNREADABLE`)" in found
    assert "| 13 | Dt. Venda | 31/02/2024 | Nº Pedido: 7 · Dt. Venda: 31/02/2024 · customer_name: \\*\\*\\* |" in found
    assert "e mais 4" in found
    assert "**O que fazer:** Corrija a data." in found


@pytest.mark.rule("R24")
def test_figures_are_before_after_and_difference_in_the_words_of_the_catalogue() -> None:
    found = lines(report())
    assert "### janeiro/2024" in found
    assert "| receita bruta | R$ 1.000,00 | R$ 2.234,56 | +R$ 1.234,56 |" in found
    assert "| pedidos pagos | 10 | 9 | -1 |" in found
    english = lines(report(), "en")
    assert "### January 2024" in english
    assert "| gross revenue | R$ 1,000.00 | R$ 2,234.56 | +R$ 1,234.56 |" in english


def test_a_first_figure_is_new_an_unknown_one_a_dash_and_a_zero_no_news() -> None:
    effects = (
        effect("gross_revenue", None, "5"),
        effect("discounts", "3", None),
        effect("open_amount", None, "0.0000"),
    )
    found = lines(report(effects=effects, computed_with=("a|b.csv",)))
    assert "| receita bruta | – | R$ 5,00 | novo |" in found
    assert "| descontos | R$ 3,00 | – | – |" in found
    assert not any("em aberto" in line for line in found)
    assert "Calculado junto com: a&#124;b.csv." in found


def test_how_the_file_was_read_shows_a_misreading_at_once() -> None:
    found = lines(report())
    assert (
        "Codificação cp1252, separador: ponto e vírgula. Tabela lida: Vendas&#124;2024. Moeda nos títulos: USD."
        in found
    )
    assert "| Dt. Venda | data da venda | dia/mês/ano |" in found
    assert "| Valor | valor da linha | vírgula decimal (1.234,56) |" in found
    assert "Guardadas sem uso nos números: Obs&#124;&lt;b&gt;." in found


def test_every_way_to_write_a_date_has_its_words() -> None:
    written = Words("pt-BR").written
    assert written(None, "dmy+serial") == "dia/mês/ano + dias como o Excel conta"
    assert {written(None, order) for order in ("dmy", "mdy", "ymd", "serial")} <= {TEXTS[o].pt for o in TEXTS}


def refused(**changes: object) -> FileReport:
    nothing = {"accepted": 0, "superseded": 0, "quarantined": 0, "ignored": 0, "records": 0, "share_accepted": None}
    bare = {"effects": (), "accepted_amounts": (), "read_as": None, "reasons": (), "notices": (), "pending": False}
    told = {"verdict": "refused", "reason": "COLUMNS_MISSING", "detail": "missing: sold_at", "counts": False}
    return report(**nothing | bare | told | changes)


def test_a_refused_file_says_why_what_was_found_and_what_to_do() -> None:
    found = lines(refused())
    assert "**recusado: nada mudou** · recebido em 12/02/2024 03:00 · origem main" in found
    assert any(line.startswith("**Por quê:** Faltam colunas") and "`COLUMNS_MISSING`" in line for line in found)
    assert "**O que foi encontrado:** missing: sold_at" in found
    assert "1. Corrija." in found
    assert "   datapilot x" in found
    assert not any("números" in line for line in found)


def test_a_held_file_says_what_money_hangs_on_the_decision() -> None:
    found = lines(refused(verdict="held", at_stake=Amount(currency="BRL", amount="1234.5000")))
    assert "**Valor em jogo:** R$ 1.234,50" in found
    assert any("retido: nada mudou, falta a sua decisão" in line for line in found)


def test_a_month_that_was_not_published_is_named_with_its_reason() -> None:
    kept = KeptMonth(month="2024-02", code="QUARANTINE_MAJORITY", text="Mais da metade.", remedy="Corrija.")
    unknown = dict.fromkeys(("accepted", "superseded", "quarantined", "ignored"))
    found = lines(report(kept_months=(kept,), pending=True, **unknown))
    assert any("aceito, mas nem todo mês foi publicado" in line for line in found)
    assert any("fevereiro/2024 não foi publicado" in line and "Mais da metade." in line for line in found)


def kinds(markdown: str) -> Counter[str]:
    tokens = PARSER.parse(markdown)
    inner = (child.type for token in tokens for child in token.children or [])
    return Counter([token.type for token in tokens] + [kind for kind in inner if not kind.startswith("text")])


def saying(text: str, taken: bool) -> FileReport:
    """A report whose every text of the file is this one."""
    in_record = {"header": text, "value": text, "text": f"product_name={text}"}
    example = report().reasons[0].examples[0].model_copy(update=in_record)
    reason = report().reasons[0].model_copy(update={"examples": (example,)})
    told = {"file": text, "detail": text, "notices": (text,), "computed_with": (text,)}
    return report(**told, reasons=(reason,)) if taken else refused(**told)


@pytest.mark.parametrize("locale", ["pt-BR", "en"])
@pytest.mark.parametrize("taken", [True, False])
def test_text_of_the_file_makes_no_markup_wherever_it_stands(taken: bool, locale: str) -> None:
    found, harmless = (kinds(report_markdown(saying(text, taken), locale)) for text in (NASTY, "x"))
    assert found == harmless


def test_every_text_is_there_in_both_languages() -> None:
    assert [name for name, wording in TEXTS.items() if not wording.pt.strip() or not wording.en.strip()] == []
    verdicts = {"accepted", "accepted_in_part", "accepted_pending", "accepted_kept", "held", "waiting", "refused"}
    assert verdicts <= set(TEXTS)
