"""The page: one file that stands alone, in which names of strangers are text, and of one organization only."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from datapilot_assets.insights.run import write_insights
from datapilot_assets.pages.model import month_page
from datapilot_assets.pages.publish import keep_page, page_key
from datapilot_assets.pages.render import month_html
from datapilot_domain.alerts import Condition
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.findings import found
from datapilot_domain.locales import format_money
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.assets.insights.golden import Line, organization, write_gold
from datapilot_tests.assets.pages.stage import (
    MONTH,
    SCRIPT,
    SECRET,
    TEMPLATE,
    Reader,
    ads,
    sales,
    write_quarantine,
    write_weeks,
)
from datapilot_tests.workbench import Workbench

CANARY = "segredo-da-outra"


def build(platform: Platform, org: str = "acme", **settings: str) -> Organization:
    made = organization(platform, org, **settings)
    write_gold(platform, made, sales(), ads(SCRIPT))
    write_weeks(platform, made, TEMPLATE)
    write_quarantine(platform, made)
    assert list(write_insights(platform, made, [MONTH], "run"))
    return made


@pytest.fixture(scope="module")
def acme(workbench: Workbench) -> Organization:
    other = organization(workbench.platform, "other")
    write_gold(workbench.platform, other, sales(names=(CANARY,)), ads(CANARY))
    return build(workbench.platform)


@pytest.fixture(scope="module")
def html(workbench: Workbench, acme: Organization) -> str:
    return month_html(month_page(workbench.platform, acme, MONTH))


@pytest.fixture(scope="module")
def reader(html: str) -> Reader:
    return Reader(html)


def test_tags_are_balanced_and_ids_are_one_of_a_kind(reader: Reader) -> None:
    assert reader.complaints == []
    ids = list(reader.values("id"))
    assert len(ids) == len(set(ids))
    assert set(reader.values("aria-labelledby")) <= set(ids)


def test_nothing_comes_from_elsewhere_and_nothing_runs(html: str, reader: Reader) -> None:
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "img", "form", "base", "a"}
    assert not re.findall(r"https?:|//[a-z]|@import|url\((?!#)|javascript:", html)
    assert not [name for _, found in reader.tags for name in found if name.startswith("on")]
    assert all(value.startswith("#") for value in reader.values("href"))
    (policy,) = (found["content"] for _, found in reader.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_names_of_strangers_are_text(html: str, reader: Reader) -> None:
    assert "<script" not in html
    assert "<script>alert(1)</script>" in reader.text
    assert TEMPLATE in reader.text
    assert not [letter for letter in html if unicodedata.category(letter) in ("Cf", "Cc") and letter != "\n"]


def test_figures_are_those_of_gold(workbench: Workbench, reader: Reader) -> None:
    month = workbench.month("acme", "2024-03")
    for name in ("gross_revenue", "net_revenue", "average_ticket"):
        assert format_money(month[name], "BRL", "pt-BR") in reader.text
    for row in workbench.rows("gold.sales_products", "acme", "2024-03"):
        assert format_money(row["gross_revenue"], "BRL", "pt-BR") in reader.text


def test_insights_stand_with_severity_words_and_origin(workbench: Workbench, acme: Organization, html: str) -> None:
    page = month_page(workbench.platform, acme, MONTH)
    text = Reader(html).text
    assert page.insights
    for insight in page.insights:
        assert " ".join(insight.headline.replace("\u00a0", " ").split()) in text
        for origin in insight.origins:
            assert f"Versão Delta {origin.delta_version} SELECT" in text
    assert len(re.findall(r"<article", html)) == len(page.insights)
    assert re.search(r'<p class="severity">(crítico|alto|médio|baixo|informação)</p>', html)


def test_quarantine_tells_reasons_and_no_record(html: str, reader: Reader) -> None:
    assert "Registros não aceitos: 3" in reader.text
    assert "2 × A data não existe ou não foi entendida." in reader.text
    assert SECRET not in html


def test_another_organization_is_nowhere(html: str) -> None:
    assert CANARY not in html
    assert "other" not in re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)


def test_a_phone_has_room(html: str, reader: Reader) -> None:
    (viewport,) = (found["content"] for _, found in reader.tags if found.get("name") == "viewport")
    assert viewport == "width=device-width, initial-scale=1"
    assert not re.search(r"(?<![-\w])(?:min-)?width: ?\d{2,}(?:px|pt|mm|cm|in)", html)
    assert not [tag for tag, found in reader.tags if tag == "svg" and "width" in found]
    assert "@media print" in html


def test_headings_go_down_one_step_at_a_time(reader: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in reader.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_language_is_the_organizations(workbench: Workbench, reader: Reader) -> None:
    made = build(workbench.platform, "english", locale="en")
    english = Reader(month_html(month_page(workbench.platform, made, MONTH)))
    assert [next(page.values("lang")) for page in (reader, english)] == ["pt-BR", "en"]
    assert "Key figures" in english.text
    assert "March 2024" in english.text
    assert "R$ 5,425.00" in english.text


def test_restated_and_partial_months_say_so(workbench: Workbench) -> None:
    platform, made = workbench.platform, organization(workbench.platform, "moving")
    lines = sales(dt.date(2024, 3, 12), names=("café",))
    write_gold(platform, made, lines)
    write_gold(platform, made, [*lines, Line(dt.date(2024, 3, 10), "café", Decimal(50))])
    text = Reader(month_html(month_page(platform, made, MONTH))).text
    assert "Mês parcial: vendas de 01/03/2024 a 12/03/2024" in text
    assert "Receita bruta parcial R$ 1.250,00 ▲ subiu 4,2% dias 1 a 12: R$ 1.250,00, ante R$ 1.200,00" in text
    assert "Reapresentado: antes R$ 1.200,00 (versão 1) → agora R$ 1.250,00" in text
    assert "Os insights deste mês ainda não foram escritos." in text


def test_same_gold_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        platform = Platform(Settings(home=tmp_path / name))
        made.append(month_html(month_page(platform, build(platform), MONTH)))
    assert made[0] == made[1]


def test_the_page_is_kept_in_the_store(workbench: Workbench, acme: Organization, html: str) -> None:
    kept = keep_page(workbench.platform, acme, MONTH)
    assert kept.html == html
    key = page_key(acme.org_id, MONTH)
    assert key == "org_id=acme/reports/pages/2024-03.html"
    assert workbench.platform.store.read(key).decode() == html


def test_every_table_that_is_named_exists(html: str) -> None:
    assert set(re.findall(r"<code>((?:gold|insights)\.\w+)</code>", html)) <= set(CONTRACTS)


def test_open_alerts_of_the_month_are_shown_as_text_and_others_are_not(
    workbench: Workbench, acme: Organization
) -> None:
    def alert(file: str, month: Month | None, org: OrgId = acme.org_id) -> Condition:
        cause = found("file_undecided", file=file, source="main", reason="")
        return Condition(code="FILE_HELD", org_id=org, subject=(file,), severity="warning", cause=cause, month=month)

    def shown() -> str:
        return month_html(month_page(workbench.platform, acme, MONTH))

    before, book = shown(), workbench.platform.alert_book
    assert 'id="alerts"' not in before
    found_now = [alert(f"{SCRIPT}.csv", MONTH), alert("always.csv", None), alert("earlier.csv", MONTH.plus(-1))]
    book.reconcile("files", acme.org_id, found_now)
    book.reconcile("files", OrgId("other"), [alert(CANARY, MONTH, OrgId("other"))])
    html = shown()
    assert "Um arquivo espera uma decisão" in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert "always.csv" in html
    assert "earlier.csv" not in html
    assert CANARY not in html
    book.reconcile("files", acme.org_id, [])
    assert shown() == before
