"""The demo's files: three organizations × three months, in three layouts, with faults on purpose; one has ads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from datapilot_domain.organizations import OrgId
from datapilot_domain.partitions import Month
from datapilot_interfaces.demo.ads_truth import DemoAds, build_ads
from datapilot_interfaces.demo.layouts import REPORT, SPREADSHEET, STOREFRONT, Layout
from datapilot_interfaces.demo.orders import MONTHS, Figures, Order, Product, draw_orders, figures

SEED = "2024"
JANUARY, FEBRUARY, MARCH = MONTHS


@dataclass(frozen=True)
class DemoFile:
    """`accepted`, `quarantined`, `ignored`: records of the file per month that must meet that fate."""

    name: str
    content: bytes
    accepted: Counter[Month] = field(default_factory=Counter)
    quarantined: Counter[Month] = field(default_factory=Counter)
    ignored: Counter[Month] = field(default_factory=Counter)


@dataclass(frozen=True)
class DemoOrganization:
    """One organization, the files that it sends, and the figures that must come out of them."""

    org: OrgId
    name: str
    layout: Layout
    canary: Product
    files: tuple[DemoFile, ...]
    truth: dict[Month, Figures]
    orders: tuple[Order, ...] = field(repr=False)


@dataclass(frozen=True)
class Correction:
    """January again, mended: one order gone, one quantity raised, the impossible date corrected."""

    replaces: str
    file: DemoFile
    truth: Figures
    gone: str
    raised: str
    mended: str


@dataclass(frozen=True)
class Demo:
    organizations: tuple[DemoOrganization, ...]
    correction: Correction
    ads: DemoAds
    again_as: str
    refused_name: str
    refused: bytes


def build_demo(seed: str = SEED) -> Demo:
    """Everything that the demo lands. Same seed, same bytes."""
    bakery, mended = _bakery(seed)
    shop, hardware = _shop(seed), _hardware(seed)
    return Demo(
        organizations=(bakery, shop, hardware),
        correction=_correction(bakery, mended),
        ads=build_ads(seed, shop.org, shop.orders),
        again_as="export (1).csv",
        refused_name="clientes.csv",
        refused="Cliente;E-mail;Cidade;UF\r\nAna;ana@example.com;Salvador;BA\r\n".encode("cp1252"),
    )


def _products(canary: str, *listed: tuple[str, str, str]) -> list[Product]:
    found = [Product(sku, name, Decimal(price)) for sku, name, price in listed]
    return [*found, Product(f"CANARIO-{canary.upper()}", f"Canário {canary}", Decimal("33.30"))]


def _bakery(seed: str) -> tuple[DemoOrganization, Order]:
    """Spreadsheet. January holds an impossible date, February a record that was cut."""
    products = _products(
        "padaria", ("00123", "Café Torrado 500g", "18.90"), ("00045", "Açúcar União 1kg", "4.59"),
        ("7891000100103", "Feijão Preto 1kg", "8.00"), ("CESTA-01", "Cesta “Pão & Cia”; edição 2024", "1234.56"),
    )  # fmt: skip
    orders = draw_orders(f"{seed}-padaria", 1001, products)
    model = next(order for order in orders if order.month == JANUARY and order.status == "paid")
    impossible = replace(model, number="9001", lines=model.lines[:1], discount=Decimal(0))
    files = []
    for month in MONTHS:
        here = [order for order in orders if order.month == month]
        rows = SPREADSHEET.rows(here)
        if month == JANUARY:
            rows.append({**SPREADSHEET.rows([impossible])[0], "sold_at": "31/02/2024"})
        short = ("9002", "1", f"{month.first_day:%d/%m/%Y}", "00123") if month == FEBRUARY else ()
        content = SPREADSHEET.write(rows, Decimal(0), short)
        faults = Counter({month: 1}) if month in (JANUARY, FEBRUARY) else Counter()
        files.append(_file(SPREADSHEET, month, content, here, faults))
    found = _organization("padaria", "Padaria Pão Quente", SPREADSHEET, products, files, orders)
    return found, impossible


def _shop(seed: str) -> DemoOrganization:
    """Storefront. February holds an amount that is no number, March's file two late orders of January."""
    products = _products(
        "modanorte", ("CAM-P", 'Camiseta "Básica" P', "59.90"), ("TEN-42", "Tênis Corrida 42", "349.90"),
        ("MEIA-3", "Meia Algodão (3 pares)", "29.90"), ("BRINDE", "Chaveiro (grátis)", "0.00"),
    )  # fmt: skip
    orders = draw_orders(f"{seed}-modanorte", 1001, products)
    models = [order for order in orders if order.month == JANUARY and order.status == "paid"][:2]
    late = [replace(order, number=f"98{order.number}") for order in models]
    files = []
    for month in MONTHS:
        here = [order for order in orders if order.month == month] + (late if month == MARCH else [])
        rows = STOREFRONT.rows(here)
        if month == FEBRUARY:
            model = next(order for order in here if order.status == "paid")
            bad = replace(model, number="9003", lines=model.lines[:1], discount=Decimal(0))
            rows.append({**STOREFRONT.rows([bad])[0], "unit_price": "a combinar"})
        faults = Counter({FEBRUARY: 1}) if month == FEBRUARY else Counter()
        content = STOREFRONT.write(rows, Decimal(0))
        files.append(_file(STOREFRONT, month, content, here, faults))
    return _organization("modanorte", "Moda Norte", STOREFRONT, products, files, [*orders, *late])


def _hardware(seed: str) -> DemoOrganization:
    """ERP report: no discount column, a preamble, and a totals row that must equal the sum of the lines."""
    products = _products(
        "ferragens", ("0007", "Parafuso 6mm (cento)", "24.50"), ("0101", "Martelo 27mm", "48.90"),
        ("TINTA-18", "Tinta Acrílica 18 L", "389.00"),
    )  # fmt: skip
    orders = draw_orders(f"{seed}-ferragens", 1001, products)
    files = []
    for month in MONTHS:
        here = [order for order in orders if order.month == month]
        rows = REPORT.rows(here)
        if month == MARCH:
            model = next(order for order in here if order.status == "paid")
            bad = replace(model, number="9004", lines=model.lines[:1])
            rows.append({**REPORT.rows([bad])[0], "unit_price": "a combinar", "line_amount": "a combinar"})
        faults = Counter({MARCH: 1}) if month == MARCH else Counter()
        content = REPORT.write(rows, sum((order.subtotal for order in here), Decimal(0)))
        files.append(_file(REPORT, month, content, here, faults))
    return _organization("ferragens", "Ferragens Sul", REPORT, products, files, orders)


def _file(layout: Layout, month: Month, content: bytes, orders: Sequence[Order], faults: Counter[Month]) -> DemoFile:
    accepted: Counter[Month] = Counter()
    for order in orders:
        accepted[order.month] += len(order.lines)
    return DemoFile(f"vendas_{month}.csv", content, accepted, faults, Counter({month: layout.ignored}))


def _organization(
    org: str,
    name: str,
    layout: Layout,
    products: Sequence[Product],
    files: Sequence[DemoFile],
    orders: Sequence[Order],
) -> DemoOrganization:
    truth = figures(orders, layout.has_discount)
    return DemoOrganization(OrgId(org), name, layout, products[-1], tuple(files), truth, tuple(orders))


def _correction(bakery: DemoOrganization, impossible: Order) -> Correction:
    january = [order for order in bakery.orders if order.month == JANUARY]
    sold = [order for order in january if order.status == "paid" and _never_returned(order, bakery.orders)]
    gone, raised = sold[1], sold[2]
    line = replace(raised.lines[0], quantity=raised.lines[0].quantity + 2)
    after = [
        replace(order, lines=(line, *order.lines[1:])) if order is raised else order
        for order in january
        if order is not gone
    ]
    after.append(impossible)
    content = SPREADSHEET.write(SPREADSHEET.rows(after), Decimal(0))
    return Correction(
        replaces=bakery.files[0].name,
        file=replace(_file(SPREADSHEET, JANUARY, content, after, Counter()), name="vendas_2024-01_corrigido.csv"),
        truth=figures(after, SPREADSHEET.has_discount)[JANUARY],
        gone=gone.number,
        raised=raised.number,
        mended=impossible.number,
    )


def _never_returned(order: Order, orders: Sequence[Order]) -> bool:
    return not any(other.number == order.number and other.status == "returned" for other in orders)
