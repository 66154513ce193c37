"""Markdown of ours is read by a real parser: text of strangers comes out as the same text, and as nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from datapilot_domain.markdown import code, code_block, escape, one_line, paragraph, table

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HARMLESS = {"text", "text_special", "softbreak"}
TEXTS = st.text(st.sampled_from(list("ab1 |<>`*_~[]()!#&;\\-+.:/@$\n\r\t\u2028\u202e'\"=")), max_size=25)
NASTY = (
    "a|b", "<img src=x onerror=alert(1)>", "`rm -rf`", "![x](http://evil)", "[x](javascript:1)", "&#60;", "&lt;b&gt;",
    "line\nbreak\r\n# head", "\\|", "~~gone~~", "__init__", "vendas_2024-01__final.csv", "1. one", "- item", "* item",
)  # fmt: skip


def inline(markdown: str) -> list[Token]:
    return [child for token in PARSER.parse(markdown) if token.type == "inline" for child in token.children or []]


def words(text: str) -> str:
    return " ".join(text.split())


def shown(tokens: list[Token]) -> str:
    return words("".join(token.content for token in tokens))


@given(text=TEXTS)
@example("a|b")
def test_text_in_a_line_and_in_a_cell_is_shown_as_it_is(text: str) -> None:
    for markdown in (f"says {escape(text)} here", "\n".join(table(("a", "b"), [[escape(text), "next"]]))):
        tokens = inline(markdown)
        assert {token.type for token in tokens} <= HARMLESS
        assert words(one_line(text)) in shown(tokens)


@pytest.mark.parametrize("text", NASTY)
def test_known_tricks_stay_text_at_the_start_of_a_line_too(text: str) -> None:
    tokens = PARSER.parse(paragraph(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {token.type for token in inline(paragraph(text))} <= HARMLESS
    assert shown(inline(paragraph(text))) == words(text)


@given(text=TEXTS)
def test_a_cell_never_makes_another_cell(text: str) -> None:
    tokens = PARSER.parse("\n".join(table(("a", "b"), [[escape(text), code(text)], ["last", "cell"]])))
    assert [token.type for token in tokens].count("tr_open") == 3
    assert [token.type for token in tokens].count("td_open") == 4


def test_addresses_are_no_links() -> None:
    for text in ("http://evil.example/x", "www.evil.example", "a@b.example"):
        assert not any(part in escape(text) for part in ("http://", "www.e", "a@b"))
        assert shown(inline(escape(text))) == text


@given(text=TEXTS)
def test_code_to_copy_holds_exactly_its_lines(text: str) -> None:
    lines = ["datapilot report", text, "```"]
    (fence,) = [token for token in PARSER.parse("\n".join(code_block(lines))) if token.type == "fence"]
    assert fence.content.splitlines() == [one_line(line) for line in lines]


def test_a_file_name_with_underscores_is_readable_unrendered() -> None:
    assert escape("vendas_2024-01__excel_br.csv") == "vendas_2024-01__excel_br.csv"
