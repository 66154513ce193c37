"""Newer versions of orders that know less, or say something else, than what was there (R4, R21)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from datapilot_assets.landing.effects import Resolution, resolve
from datapilot_assets.landing.versions import version_notices
from datapilot_domain.landing import LandingEntry
from datapilot_domain.ledger import active_entries
from datapilot_tests.assets.landing.decoding import decode, table
from datapilot_tests.domain.entries import entry

LINES = "Pedido;Data;Item;Produto;Quantidade;Vlr. Total;Desconto do Pedido;Status"
TOTALS = "Pedido;Data;Total da Venda;Desconto do Pedido;Status"
SHOP = "Data;Produto;Quantidade;Vlr. Total"
JANUARY = ("1;30/01/2024;1;Café;1;30,00;4,00;Pago", "1;02/02/2024;2;Chá;1;10,00;4,00;Pago")


@dataclass
class Landings:
    """Files landed one after the other in one source."""

    folder: Path
    entries: list[LandingEntry] = field(default_factory=list)
    indexes: dict[str, Path] = field(default_factory=dict)
    resolution: Resolution = field(default_factory=lambda: resolve([], {}))

    def land(self, *lines: str, header: str) -> dict[str, dict[str, str]]:
        """Notices about earlier versions, by code."""
        decoded, _, _ = decode(self.folder, table(*lines, header=header))
        seq = len(self.entries) + 1
        new = entry(seq, f"bytes {seq}", family="sales", content_id=f"content {seq}", months=decoded.months)
        self.entries.append(new)
        self.indexes[f"content {seq}"] = decoded.units_file
        before, self.resolution = self.resolution, resolve(active_entries(self.entries, "sales"), self.indexes)
        notices = version_notices(new, decoded.units_file, before, self.resolution, "BRL")
        return {notice.code: notice.values for notice in notices}

    def lost(self) -> list[int]:
        return sorted(row["landed_seq"] for row in self.resolution.lost.to_pylist())

    def standing(self) -> list[int]:
        return sorted(int(row["amount"]) for row in self.resolution.orders.to_pylist())


@pytest.fixture
def landings(tmp_path: Path) -> Landings:
    return Landings(tmp_path)


@pytest.mark.rule("R4")
@pytest.mark.reason("ORDER_TOTAL_DIFFERS")
def test_a_total_never_removes_lines_but_says_what_is_new(landings: Landings) -> None:
    landings.land(*JANUARY, header=LINES)
    before = landings.resolution
    told = landings.land("1;05/02/2024;31,50;8,00;Cancelado", header=TOTALS)
    assert landings.lost() == [2]
    assert landings.standing() == [10, 30]
    assert told == {"ORDER_TOTAL_DIFFERS": {"count": "1", "amount": "BRL -0.50", "orders": "1"}}
    revised = landings.resolution.revised.to_pylist()
    assert sorted((row["landed_seq"], row["month"], row["status"], row["worth"]) for row in revised) == [
        (1, "2024-01", "cancelled", 40),
        (1, "2024-02", "cancelled", 40),
    ]
    assert {(row["order_discount"], row["order_freight"]) for row in revised} == {(Decimal(8), None)}
    # Both months are computed again, although none of their rows changed.
    assert all(landings.resolution.hashes[month] != before.hashes[month] for month in before.hashes)


@pytest.mark.rule("R4")
def test_an_equal_total_says_nothing(landings: Landings) -> None:
    landings.land(*JANUARY, header=LINES)
    assert landings.land("1;05/02/2024;36,00;4,00;Pago", header=TOTALS) == {}


@pytest.mark.rule("R4")
def test_lines_replace_a_total_and_the_newest_total_revises(landings: Landings) -> None:
    landings.land("1;05/02/2024;36,00;4,00;Pendente", header=TOTALS)
    landings.land(*JANUARY, header=LINES)
    assert (landings.lost(), landings.resolution.revised.num_rows) == ([1], 0)
    landings.land("1;05/02/2024;36,00;4,00;Pendente", header=TOTALS)
    landings.land("1;05/02/2024;36,00;5,00;Pago", header=TOTALS)
    assert landings.lost() == [1, 3, 4]
    assert {row["status"] for row in landings.resolution.revised.to_pylist()} == {"paid"}


@pytest.mark.rule("R4")
def test_a_total_of_a_new_order_counts(landings: Landings) -> None:
    landings.land(*JANUARY, header=LINES)
    landings.land("2;05/02/2024;7,00;;Pago", header=TOTALS)
    assert (landings.lost(), landings.standing()) == ([], [7, 10, 30])


@pytest.mark.rule("R4")
@pytest.mark.reason("PAID_NOW_OPEN")
def test_an_order_that_is_open_again_is_reported(landings: Landings) -> None:
    landings.land(*JANUARY, header=LINES)
    told = landings.land(*(line.replace("Pago", "Pendente") for line in JANUARY), header=LINES)
    assert told == {"PAID_NOW_OPEN": {"count": "1", "amount": "BRL 40.00", "orders": "1"}}
    assert landings.land(*JANUARY, header=LINES) == {}


@pytest.mark.rule("R21")
@pytest.mark.reason("LINES_REPEATED")
def test_equal_lines_without_an_order_count_once_and_are_reported(landings: Landings) -> None:
    lines = ("02/01/2024;Café;1;5,00", "02/01/2024;Café;1;5,00")
    assert landings.land(*lines, header=SHOP) == {}
    told = landings.land(*lines, "02/01/2024;Café;1;5,00", "03/01/2024;Chá;1;2,00", header=SHOP)
    assert told == {"LINES_REPEATED": {"count": "2", "amount": "BRL 10.00"}}
    assert landings.lost() == [1, 1]


@pytest.mark.rule("R4")
def test_part_invoicing_keeps_the_lines_and_amounts_of_both_invoices(landings: Landings) -> None:
    landings.land("1;30/01/2024;1;Café;1;30,00;4,00;Pago", header=LINES)
    assert landings.land("1;02/02/2024;2;Chá;1;10,00;1,00;Pago", header=LINES) == {}
    assert (landings.lost(), landings.standing()) == ([], [10, 30])
