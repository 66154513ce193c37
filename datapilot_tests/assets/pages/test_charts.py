"""Charts: the same bytes for the same values, readable without colour, small, and nothing from elsewhere."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from decimal import Decimal

import matplotlib
import pytest

from datapilot_assets.insights.markdown import month_markdown
from datapilot_assets.insights.writing import MonthInsights
from datapilot_assets.pages.charts import (
    Line,
    columns,
    columns_png,
    lines,
    month_chart,
    month_labels,
    short_number,
    sparkline,
)
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month
from datapilot_tests.assets.insights.golden import organization, write_gold
from datapilot_tests.assets.pages.stage import MONTH, sales
from datapilot_tests.workbench import Workbench

VALUES = [Decimal(1), None, Decimal(3), Decimal("2.5")]
LABELS = ["jan", "fev", "mar", "abr"]


def drawn() -> list[str]:
    series = [Line("declarado", VALUES), Line("verificado", VALUES)]
    return [
        sparkline(VALUES, "uma <linha>", "a"),
        columns(LABELS, VALUES, title="colunas", name="b", locale="pt-BR", highlight=3),
        lines(LABELS, series, title="linhas", name="c", number=lambda value: f"{value:g}x", reference=1.0),
    ]


def test_a_chart_is_well_formed_and_has_a_title() -> None:
    for svg, title in zip(drawn(), ("uma <linha>", "colunas", "linhas"), strict=True):
        root = ET.fromstring(svg)
        assert root.attrib["role"] == "img"
        assert root.attrib["aria-label"] == title
        assert root[0].text == title
        assert "width" not in root.attrib
        assert "http" not in svg


def test_ids_of_two_charts_do_not_meet() -> None:
    ids = [found for svg in drawn() for found in re.findall(r'\bid="([^"]*)"', svg)]
    assert len(ids) == len(set(ids))
    for svg in drawn():
        used = re.findall(r'(?:href="#|url\(#)([^")]*)', svg)
        assert set(used) <= set(re.findall(r'\bid="([^"]*)"', svg))


def test_same_values_same_bytes_whatever_the_readers_own_settings() -> None:
    before = drawn()
    with matplotlib.rc_context({"lines.linewidth": 9, "font.size": 30}):
        assert drawn() == before
        assert matplotlib.rcParams["font.size"] == 30


def test_lines_differ_in_dash_and_carry_their_words() -> None:
    svg = drawn()[2]
    assert ">declarado</text>" in svg
    assert ">verificado</text>" in svg
    assert svg.count("stroke-dasharray") == 1


def test_a_missing_value_is_a_gap() -> None:
    assert re.search(r"M [\d. ]+\s+M [\d. ]+\s+L", drawn()[0])


@pytest.mark.parametrize(
    ("value", "pt", "en"),
    [
        (0.0, "0", "0"),
        (950.0, "950", "950"),
        (1500.0, "1,5 mil", "1.5k"),
        (20000.0, "20 mil", "20k"),
        (2.5e6, "2,5 mi", "2.5M"),
        (-3e9, "-3 bi", "-3B"),
    ],
)
def test_numbers_of_an_axis_are_short(value: float, pt: str, en: str) -> None:
    assert (short_number(value, "pt-BR"), short_number(value, "en")) == (pt, en)


def test_month_labels_name_each_year_once() -> None:
    months = [Month(2023, 11).plus(n) for n in range(4)]
    assert month_labels(months, "pt-BR") == ["nov\n2023", "dez", "jan\n2024", "fev"]
    assert month_labels(months, "en", every=2) == ["", "Dec\n2023", "", "Feb\n2024"]


def test_a_png_is_small_and_the_same_every_time() -> None:
    values = [Decimal(1000 * n) for n in range(1, 14)]
    labels = month_labels([Month(2023, 3).plus(n) for n in range(13)], "pt-BR")
    uri = columns_png(labels, values, locale="pt-BR", highlight=12)
    head, _, data = uri.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    assert len(uri) < 20_000
    assert uri == columns_png(labels, values, locale="pt-BR", highlight=12)


def test_the_chart_of_a_month_is_a_markdown_image(workbench: Workbench) -> None:
    made = organization(workbench.platform, "charted")
    write_gold(workbench.platform, made, sales(names=("café",)))
    image = month_chart(workbench.platform, made, MONTH)
    assert image is not None
    assert re.fullmatch(r"!\[receita bruta]\(data:image/png;base64,[A-Za-z0-9+/=]+\)", image)
    assert month_chart(workbench.platform, made, Month(2022, 1)) is None


def test_the_chart_stands_above_the_insights_of_the_ui() -> None:
    found = MonthInsights(MONTH, (), {}, (), ())
    acme = Organization(org_id=OrgId("acme"), name="Acme")
    plain, with_chart = month_markdown(found, acme), month_markdown(found, acme, "![receita](data:image/png;base64,AA)")
    assert with_chart.splitlines()[2] == "![receita](data:image/png;base64,AA)"
    assert with_chart.replace("![receita](data:image/png;base64,AA)\n\n", "") == plain


def test_a_command_that_draws_nothing_loads_no_charts() -> None:
    program = (
        "import sys, datapilot_interfaces.cli.main; print([n for n in ('matplotlib', 'jinja2') if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"
