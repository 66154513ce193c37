"""Three ways in which real exports write the same orders. Headers come from the contract's aliases."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from datapilot_domain.contracts.sales import BRONZE_SALES
from datapilot_interfaces.demo.orders import Line, Order

Row = dict[str, str]


@dataclass(frozen=True)
class Layout:
    """`columns`: field of the contract → header. `ignored`: records around the table of every file."""

    title: str
    encoding: str
    columns: Mapping[str, str]
    row: Callable[[Order, Line, bool], Row]
    preamble: tuple[str, ...] = ()
    has_totals: bool = False

    @property
    def ignored(self) -> int:
        return len(self.preamble) + 2 * self.has_totals

    @property
    def has_discount(self) -> bool:
        return "order_discount" in self.columns

    def rows(self, orders: Iterable[Order]) -> list[Row]:
        return [self.row(order, line, n == 0) for order in orders for n, line in enumerate(order.lines)]

    def write(self, rows: Sequence[Row], total: Decimal, short: Sequence[str] = ()) -> bytes:
        """The file. `total`: for the totals row; `short`: a record of too few cells that ends the table."""
        for field, header in self.columns.items():
            if header not in BRONZE_SALES.column(field).aliases:
                raise ValueError(f"demo: the contract does not know {header!r} as {field}")
        out = io.StringIO()
        for text in self.preamble:
            out.write(text + "\r\n")
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(self.columns.values())
        writer.writerows([row.get(field, "") for field in self.columns] for row in rows)
        if short:
            writer.writerow(short)
        if self.has_totals:
            blank = [""] * (len(self.columns) - 2)
            totals = ["Total geral", *blank, ""]
            totals[list(self.columns).index("line_amount")] = brazilian(total)
            writer.writerow(totals)
            writer.writerow([f"Registros listados: {len(rows)}", *blank, ""])
        return out.getvalue().encode(self.encoding)


def brazilian(value: Decimal) -> str:
    """`1.234,56`"""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


_STATUS = {"paid": "Pago", "cancelled": "Cancelado", "returned": "Devolvido"}
_PAYMENT_STATUS = {"paid": "Confirmado", "cancelled": "Recusado", "returned": "Devolvido"}


def _spreadsheet_row(order: Order, line: Line, first: bool) -> Row:
    return {
        "order_id": order.number,
        "line_no": str(line.number),
        "sold_at": f"{order.at:%d/%m/%Y}",
        "sku": line.product.sku,
        "product_name": line.product.name,
        "quantity": str(line.quantity),
        "unit_price": f"R$ {brazilian(line.product.price)}",
        "line_amount": f"R$ {brazilian(line.amount)}",
        "order_discount": brazilian(order.discount) if first else "0,00",
        "status": _STATUS[order.status],
        "state": order.state,
        "channel": order.channel,
        "payment_method": order.payment,
    }


def _storefront_row(order: Order, line: Line, first: bool) -> Row:
    head = {
        "sold_at": f"{order.at:%d/%m/%Y %H:%M:%S}",
        "payment_status": _PAYMENT_STATUS[order.status],
        "order_subtotal": f"{order.subtotal:.2f}",
        "order_discount": f"{order.discount:.2f}",
        "order_freight": f"{order.freight:.2f}",
        "order_total": f"{order.subtotal - order.discount + order.freight:.2f}",
        "payment_method": order.payment,
    }
    return {
        "order_id": order.number,
        **(head if first else {}),
        "product_name": line.product.name,
        "unit_price": f"{line.product.price:.2f}",
        "quantity": str(line.quantity),
        "sku": line.product.sku,
    }


def _report_row(order: Order, line: Line, first: bool) -> Row:
    return {
        "order_id": order.number,
        "line_no": str(line.number),
        "sold_at": f"{order.at:%d/%m/%y}",
        "sku": line.product.sku,
        "product_name": line.product.name,
        "quantity": brazilian(Decimal(line.quantity)),
        "unit_price": brazilian(line.product.price),
        "line_amount": brazilian(line.amount),
        "status": _STATUS[order.status],
    }


SPREADSHEET = Layout(
    title="spreadsheet, cp1252, R$ 1.234,56",
    encoding="cp1252",
    row=_spreadsheet_row,
    columns={
        "order_id": "Nº Pedido",
        "line_no": "Nº do item",
        "sold_at": "Data da venda",
        "sku": "Código do Produto",
        "product_name": "Produto",
        "quantity": "Quantidade",
        "unit_price": "Valor Unitário",
        "line_amount": "Valor Total Item",
        "order_discount": "Desconto do Pedido",
        "status": "Situação",
        "state": "UF",
        "channel": "Canal",
        "payment_method": "Forma de Pagamento",
    },
)
STOREFRONT = Layout(
    title="storefront, latin-1, continuation lines",
    encoding="latin-1",
    row=_storefront_row,
    columns={
        "order_id": "Número do Pedido",
        "sold_at": "Data Pedido",
        "payment_status": "Status do Pagamento",
        "order_subtotal": "Subtotal",
        "order_discount": "Desconto do Pedido",
        "order_freight": "Valor do Frete",
        "order_total": "Total da Venda",
        "product_name": "Nome do Produto",
        "unit_price": "Valor do Produto",
        "quantity": "Quantidade Comprada",
        "sku": "SKU",
        "payment_method": "Meio de pagamento",
    },
)
REPORT = Layout(
    title="ERP report, preamble and totals, no discount",
    encoding="cp1252",
    row=_report_row,
    preamble=("RELATÓRIO DE VENDAS", "Gerado em: 02/04/2024 08:00", ""),
    has_totals=True,
    columns={
        "order_id": "Nº Pedido",
        "line_no": "Nº do item",
        "sold_at": "Data Venda",
        "sku": "Cód. Produto",
        "product_name": "Nome Produto",
        "quantity": "Qtde",
        "unit_price": "Vlr. Unit.",
        "line_amount": "Vlr. Total",
        "status": "Situação",
    },
)
