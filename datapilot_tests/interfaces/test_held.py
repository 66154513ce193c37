"""Files that need a decision (R12, R14), sources with a role (R25): the commands, on a real store."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from datapilot_interfaces.cli.main import run
from datapilot_tests.interfaces.conftest import Answer, Cli

HEADER = "order_id,line,order_date,sku,quantity,price,status,order_discount\n"
NUMBERS = range(1, 13)


def lines(numbers: Iterable[int], factor: int = 10, tail: str = ",0.00") -> str:
    return "".join(f"{n},1,2024-01-{n:02},P{n},1,{factor * n}.00,paid{tail}\n" for n in numbers)


@pytest.fixture
def acme(home: Path, tmp_path: Path) -> Path:
    """An organization with twelve orders of January in `main`; a folder for more files."""
    assert run(["org", "add", "acme", "--locale", "en"]) == 0
    (tmp_path / "main.csv").write_text(HEADER + lines(NUMBERS))
    assert run(["land", str(tmp_path / "main.csv"), "--org", "acme"]) == 0
    return tmp_path


def land(cli: Cli, path: Path, text: str, *options: str) -> tuple[int, dict[str, Any], str]:
    path.write_text(text)
    answer = cli("land", path, "--org", "acme", *options, "--format", "json")
    return answer.code, answer.rows[0], answer.err


def held(cli: Cli) -> list[dict[str, Any]]:
    return cli("held", "--org", "acme", "--format", "json").rows


def sources(cli: Cli) -> dict[str, dict[str, Any]]:
    return {row["source"]: row for row in cli("source", "list", "--org", "acme", "--format", "json").rows}


def lookalike(cli: Cli, acme: Path) -> dict[str, Any]:
    """Twelve orders of the same numbers and other totals, held."""
    code, row, err = land(cli, acme / "other.csv", HEADER + lines(NUMBERS, 7))
    assert (code, row["verdict"], row["reason"]) == (3, "held", "STORE_LOOKALIKE")
    assert "12 of them (100 %)" in err
    assert "R$ 780.00 there, R$ 546.00 here" in err.replace("\N{NO-BREAK SPACE}", " ")
    (found,) = held(cli)
    assert (found["file"], found["at_stake"], found["months"]) == ("other.csv", "780.0000", ["2024-01"])
    assert sources(cli)["main"]["amount"] == "780.0000"
    return found


@pytest.mark.rule("R14")
@pytest.mark.reason("STORE_LOOKALIKE")
@pytest.mark.parametrize(
    ("option", "amounts"),
    [
        ("--source", {"main": "780.0000", "NAME": "546.0000"}),
        ("--confirm", {"main": "546.0000"}),
        ("--replaces", {"main": "546.0000"}),
        ("--complete", {"main": "546.0000"}),
    ],
)
def test_each_decision_on_a_lookalike_store_is_one_of_the_commands_shown(
    cli: Cli, acme: Path, option: str, amounts: dict[str, str]
) -> None:
    (command,) = [text for text in lookalike(cli, acme)["decide"] if option in text]
    command = command.replace("NAME", "loja2").removeprefix("datapilot ")
    answer = cli(*command.split(), "--format", "json")
    assert (answer.code, answer.rows[0]["verdict"]) == (0, "accepted")
    expected = {source.replace("NAME", "loja2"): amount for source, amount in amounts.items()}
    assert {name: row["amount"] for name, row in sources(cli).items()} == expected
    assert held(cli) == []


@pytest.mark.reason("DECIDED_AGAINST")
def test_a_held_file_that_is_rejected_changes_nothing_and_may_come_again(cli: Cli, acme: Path) -> None:
    sha = lookalike(cli, acme)["sha256"]
    answer = cli("decide", sha[:8], "--org", "acme", "--reject", "--format", "json")
    assert (answer.code, answer.rows[0]["reason"]) == (0, "DECIDED_AGAINST")
    assert held(cli) == []
    assert cli("decide", sha[:8], "--org", "acme", "--confirm").code == 1
    assert sources(cli)["main"]["files"] == 1
    assert land(cli, acme / "other.csv", HEADER + lines(NUMBERS, 7))[1]["verdict"] == "held"


@pytest.mark.rule("R2")
def test_a_late_decision_does_not_make_the_file_newer_than_what_came_since(cli: Cli, acme: Path) -> None:
    lookalike(cli, acme)
    land(cli, acme / "since.csv", HEADER + lines([12], 99), "--confirm")
    assert cli("decide", "other.csv", "--org", "acme", "--confirm").code == 0
    assert sources(cli)["main"]["amount"] == f"{7 * sum(range(1, 12)) + 99 * 12}.0000"


@pytest.mark.rule("R14")
def test_a_correction_of_few_orders_or_of_less_than_half_is_taken(cli: Cli, acme: Path) -> None:
    assert land(cli, acme / "nine.csv", HEADER + lines(range(1, 10), 8))[1]["verdict"] == "accepted"
    half = HEADER + lines(range(1, 7), 9) + lines(range(10, 13)) + lines(range(7, 10), 8)
    assert land(cli, acme / "half.csv", half)[1]["verdict"] == "accepted"


@pytest.mark.rule("R14")
def test_further_invoices_of_the_same_orders_are_no_other_store(cli: Cli, acme: Path) -> None:
    parts = "".join(f"{n},2,2024-02-{n:02},P{n},1,5.00,paid,0.00\n" for n in NUMBERS)
    assert land(cli, acme / "rest.csv", HEADER + parts)[1]["verdict"] == "accepted"
    assert sources(cli)["main"]["amount"] == "840.0000"


LOST = "order_id,line,order_date,sku,quantity,price,status\n"


@pytest.mark.rule("R12")
@pytest.mark.reason("COLUMN_LOST")
def test_a_lost_money_column_is_held_until_it_is_confirmed_and_then_taken_for_granted(cli: Cli, acme: Path) -> None:
    code, row, err = land(cli, acme / "lost.csv", LOST + lines([20], tail=""))
    assert (code, row["verdict"], row["reason"]) == (3, "held", "COLUMN_LOST")
    assert "order_discount (order discount)" in err
    assert "R$ 200.00" in err.replace("\N{NO-BREAK SPACE}", " ")
    (found,) = held(cli)
    assert found["at_stake"] == "200.0000"
    assert sources(cli)["main"]["orders"] == 12
    assert cli("decide", "lost.csv", "--org", "acme", "--confirm").code == 0
    assert sources(cli)["main"]["orders"] == 13
    assert land(cli, acme / "next.csv", LOST + lines([21], tail=""))[1]["verdict"] == "accepted"


@pytest.mark.rule("R12")
@pytest.mark.reason("COLUMNS_NEW")
@pytest.mark.reason("COLUMNS_GONE")
def test_a_renamed_money_column_is_held_with_the_mapping_that_answers_it(cli: Cli, acme: Path) -> None:
    renamed = HEADER.replace("order_discount", "abatimento")
    assert land(cli, acme / "renamed.csv", renamed + lines([20]))[1]["reason"] == "COLUMN_LOST"
    first = held(cli)[0]["decide"][0]
    mapping, again = first.split(" && ")
    assert "abatimento=order_discount" in mapping
    words = mapping.removeprefix("datapilot ").replace("renamed.csv", str(acme / "renamed.csv")).split()
    assert cli(*words).code == 0
    assert cli(*again.removeprefix("datapilot ").split()).code == 0
    assert held(cli) == []
    # A column that no figure hangs on is only told.
    other = HEADER.replace("sku", "sku,peso")
    text = other + lines([22]).replace(",P22,", ",P22,7kg,")
    assert land(cli, acme / "new.csv", text)[1]["verdict"] == "accepted"
    (report,) = cli("report", "--org", "acme", "--file", "new.csv", "--format", "json").rows
    assert any("peso" in notice and "did not have" in notice for notice in report["notices"])
    nameless = HEADER.replace("sku", "marca") + lines([23])
    assert land(cli, acme / "gone.csv", nameless)[1]["verdict"] == "accepted"
    (report,) = cli("report", "--org", "acme", "--file", "gone.csv", "--format", "json").rows
    assert any("now blank: sku (sku)" in notice and "marca=sku" in notice for notice in report["notices"])


@pytest.mark.rule("R12")
def test_a_header_alone_and_a_new_source_have_no_habit_to_break(cli: Cli, acme: Path) -> None:
    assert land(cli, acme / "zero.csv", LOST, "--complete", "2024-03")[1]["verdict"] == "accepted"
    assert land(cli, acme / "shop.csv", LOST + lines([1], tail=""), "--source", "shop")[1]["verdict"] == "accepted"


@pytest.mark.rule("R25")
@pytest.mark.reason("SOURCE_MIRRORED")
@pytest.mark.reason("SOURCE_COMPARED")
@pytest.mark.reason("SOURCE_NOT_COUNTED")
def test_a_source_that_repeats_the_sales_becomes_a_mirror_unless_it_is_declared(cli: Cli, acme: Path) -> None:
    def notices(file: str) -> str:
        (report,) = cli("report", "--org", "acme", "--file", file, "--format", "json").rows
        return " ".join(report["notices"])

    shop = "order_id,order_date,sku,quantity,price,status,Pedido ERP\n"
    rows = [f"MP-{n},2024-01-{n:02},S{n},1,{10 * n}.37,paid,{n}\n" for n in NUMBERS]
    land(cli, acme / "nine.csv", shop + "".join(rows[:9]), "--source", "shop")
    assert "9 of 9 orders (100 %) are the same, R$ 453.33" in notices("nine.csv")
    assert (sources(cli)["shop"]["role"], sources(cli)["shop"]["decided"]) == ("counts", "default")
    land(cli, acme / "rest.csv", shop + "".join(rows[9:]), "--source", "shop")
    assert "12 of 12 orders (100 %), R$ 784.44" in notices("rest.csv")
    row = sources(cli)["shop"]
    assert (row["role"], row["decided"], row["against"]) == ("mirror", "detected", ["main"])
    assert row["share"] == "1.0000000000"

    answer = cli("source", "set", "shop", "--org", "acme", "--role", "counts", "--format", "json")
    (change,) = answer.rows
    assert (change["role_before"], change["role"], change["months"]) == ("mirror", "counts", ["2024-01"])
    assert "datapilot run --org acme" in answer.err
    assert cli("source", "set", "shop", "--org", "acme", "--role", "off", "--files-are-complete").code == 0
    land(cli, acme / "more.csv", shop + rows[0].replace("MP-1", "MP-77"), "--source", "shop")
    assert "declared off" in notices("more.csv")
    assert sources(cli)["shop"]["files_are_complete"]
    assert cli("source", "set", "shop", "--org", "acme", "--role", "auto").code == 0
    assert sources(cli)["shop"]["role"] == "mirror"


@pytest.mark.rule("R25")
def test_a_file_of_the_counting_source_may_show_that_another_one_is_its_mirror(cli: Cli, acme: Path) -> None:
    text = LOST + "".join(f"S{n},1,2024-02-{n:02},P{n},1,{10 * n}.00,paid\n" for n in NUMBERS)
    assert land(cli, acme / "shop.csv", text, "--source", "shop")[1]["verdict"] == "accepted"
    assert sources(cli)["shop"]["role"] == "counts"
    erp = HEADER + "".join(f"E{n},1,2024-02-{n:02},P{n},1,{10 * n}.00,paid,0.00\n" for n in NUMBERS)
    land(cli, acme / "february.csv", erp)
    assert sources(cli)["shop"]["role"] == "mirror"


def test_the_ads_account_of_a_source_is_said_shown_and_taken_back(cli: Cli, acme: Path) -> None:
    def declare(account: str) -> Answer:
        return cli("source", "set", "meta", "--org", "acme", "--ads-account", account, "--format", "json")

    (change,) = declare("act_12-34").rows
    assert (change["source"], change["ads_account"], change["months"]) == ("meta", "1234", [])
    assert sources(cli)["meta"]["ads_account"] == "1234"
    wrong = declare("acct 12")
    assert (wrong.code, sources(cli)["meta"]["ads_account"]) == (2, "1234")
    assert "use its digits" in wrong.error
    assert cli("source", "set", "meta", "--org", "acme", "--role", "counts").code == 0
    assert sources(cli)["meta"]["ads_account"] == "1234"
    assert declare("none").code == 0
    assert sources(cli)["meta"]["ads_account"] is None


def test_what_cannot_be_decided_is_said(cli: Cli, acme: Path) -> None:
    assert cli("decide", "main.csv", "--org", "acme", "--confirm").code == 1
    assert cli("decide", "main.csv", "--org", "acme").code == 2
    assert cli("decide", "main.csv", "--org", "acme", "--reject", "--confirm").code == 2
    assert cli("source", "set", "shop", "--org", "acme").code == 2
    assert cli("held", "--org", "acme").code == 0
    lookalike(cli, acme)
    shown = cli("held", "--org", "acme").out
    assert "--confirm" in shown
    assert "780.00" in shown
