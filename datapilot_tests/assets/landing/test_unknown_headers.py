"""A header of which no title is known: shown to the sender, never read as it is (R11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from datapilot_assets.landing.recognise import recognise
from datapilot_domain.reasons import Refusal
from datapilot_tests.assets.landing.decoding import decode
from datapilot_tests.assets.landing.workbooks import packed

pytestmark = [pytest.mark.rule("R11"), pytest.mark.reason("HEADER_NOT_FOUND")]
ROWS = "x1;02/01/2024;Café;5,00\nx2;03/01/2024;Chá;7,00\n"


def refused(folder: Path, content: str | bytes) -> Refusal:
    with pytest.raises(Refusal, match="HEADER_NOT_FOUND") as refusal:
        decode(folder, content)
    return refusal.value


@pytest.mark.parametrize(
    "text",
    [
        f"Ref;Quando;Artigo;Quanto\n{ROWS}",
        f"Relatório de vendas;;;\n\nRef;Quando;Artigo;Quanto\n{ROWS}",
        f"Ref;Quando;Artigo;Quanto\n{ROWS}".replace(",", ".").replace(";", ","),
        f"Ref;Quando;Artigo;Quanto\n{ROWS}".replace(";", "\t"),
    ],
    ids=["plain", "below a title", "commas", "tabs"],
)
def test_its_columns_are_named_with_the_command_that_says_what_they_are(tmp_path: Path, text: str) -> None:
    refusal = refused(tmp_path, text)
    assert "found: Ref, Quando, Artigo, Quanto; free: Ref, Quando, Artigo, Quanto" in str(refusal)
    (answer,) = refusal.commands
    assert answer.command == (
        "datapilot mapping set --org acme --file FILE Quando=sold_at Quanto=line_amount COLUMN=order_id"
    )
    assert "COLUMN" in answer.purpose.words("en")


@pytest.mark.parametrize(
    "text",
    [
        ROWS,
        "a;b\nc;d\n",
        "a;b\n1;2;3\n",
        "a;a\n1;2\n",
        "Segue o relatório.\nObrigado, Maria\n",
        "ana@example.com;x\n1;2\n",
    ],
    ids=["no header", "no values", "other width", "one title", "prose", "e-mail"],
)
def test_what_has_not_the_shape_of_a_header_is_no_header(tmp_path: Path, text: str) -> None:
    refusal = refused(tmp_path, text)
    assert refusal.found.finding in ("no_known_header", "rows_of_one_column")
    assert refusal.commands == ()


def test_an_unknown_table_beside_a_known_one_is_not_read_and_two_unknown_ones_are_named(tmp_path: Path) -> None:
    sales, other = f"Pedido;Data;Produto;Valor\n{ROWS}", f"Ref;Quando;Artigo;Quanto\n{ROWS}"
    decoded, _, _ = decode(tmp_path, packed({"a.csv": other, "b.csv": sales}))
    assert decoded.layout.table == "b.csv"
    assert "a.csv, b.csv" in str(refused(tmp_path, packed({"a.csv": other, "b.csv": other})))
    assert "found: Ref, Quando" in str(refused(tmp_path, packed({"a.csv": other, "LEIAME.txt": "Olá"})))


def test_a_table_of_unknown_titles_is_not_recognised_as_sales(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(f"Ref;Quando;Artigo;Quanto\n{ROWS}", "utf-8")
    assert recognise(path) is None
