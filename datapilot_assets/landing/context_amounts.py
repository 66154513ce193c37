"""Headers of amounts whose meaning depends on the rest of the file (R11, R15)."""

from __future__ import annotations

from datapilot_assets.landing.column_facts import Repeats
from datapilot_assets.landing.company import Company, Judgement
from datapilot_assets.landing.dialect import normalise_header
from datapilot_domain.findings import Found, found

# Share of the records that must fulfil an equation, and of the orders that must agree on a value.
_NEARLY_ALL = 0.95
# From this share on, a minority contradicts the others instead of being faulty.
_MINORITY = 0.2
# Below so many orders of several lines, one value per order may be coincidence.
_FEW_ORDERS = 3
_PRODUCT = ("sku", "product_name")
_AMOUNT_TITLES = frozenset({"valor total", "total", "valor", "amount", "line amount"})
_MERCADO_LIVRE_REVENUE = "receita por produtos"


def of_mercado_livre(company: Company) -> bool:
    return _MERCADO_LIVRE_REVENUE in company.facts.names


def amount(position: int, company: Company) -> Judgement:
    """Value of the line, unless it is one value per order: quantity × price proves the one, orders the other."""
    facts, order = company.facts, company.at("order_id")
    quantity, price, discount = (company.at(name) for name in ("quantity", "unit_price", "order_discount"))
    calculated = None if quantity is None or price is None else facts.equals(position, quantity=quantity, price=price)
    if calculated and calculated.records and calculated.share >= _NEARLY_ALL:
        return company.unless_taken("line_amount", f"quantity × price on {calculated.share:.0%} of the lines")
    if quantity is not None and price is not None and discount is not None:
        reduced = facts.equals(position, quantity=quantity, price=price, less=discount)
        if reduced.records and reduced.share >= _NEARLY_ALL:
            return Judgement(None, "quantity × price less the discount: the gross value is quantity × price")
    if _blank_on_continuations(position, company):
        return company.unless_taken("order_total", "stands on the first line of each order only")
    orders = None if order is None else facts.one_per(order, position)
    if orders is not None and orders.values:
        same = found("one_value_per_order", constant=orders.constant, orders=orders.values).words("en")
        if orders.share >= _NEARLY_ALL:
            if calculated or company.has("line_amount"):
                return company.unless_taken("order_total", same)
            return _one_per_order(position, company, orders, same)
        if calculated and calculated.share < 0.5 <= orders.share:
            share = f"{calculated.share:.0%}"
            why = found("line_or_order_value", share=share, constant=orders.constant, orders=orders.values)
            return _line_or_order(position, company, why)
    if company.has("line_amount") and _one_row_per_order(company):
        return company.unless_taken("order_total", "one row per order")
    return company.unless_taken("line_amount", "the amount of the line")


def _one_per_order(position: int, company: Company, orders: Repeats, same: str) -> Judgement:
    """An amount that is the same on all lines of an order, in a file without another value of the line."""
    facts, order, product = company.facts, company.at("order_id"), company.at("sku")
    product = company.at("product_name") if product is None else product
    if order is not None and product is not None:
        alone = facts.as_sold_alone(order, position, product, company.at("quantity"))
        if alone.records and alone.equal == alone.records:
            what = f"what the products of {alone.records} lines cost in orders of one line"
            return company.unless_taken("line_amount", what)
    # A total alone is no answer where products stand beside it: their amounts would be invented.
    another = (facts.names & _AMOUNT_TITLES) - {normalise_header(facts.columns[position])}
    if orders.constant >= _FEW_ORDERS and (product is None or another):
        return company.unless_taken("order_total", same)
    what = "one_value_per_order" if orders.constant >= _FEW_ORDERS else "one_value_in_few_orders"
    return _line_or_order(position, company, found(what, constant=orders.constant, orders=orders.values))


def _line_or_order(position: int, company: Company, why: Found) -> Judgement:
    order = company.at("order_id")
    worth = () if order is None else company.facts.sums(order, position)
    has_lines = company.has("line_amount") or (company.has("quantity") and company.has("unit_price"))
    without = () if has_lines else tuple(company.all_at(*_PRODUCT))
    return Judgement.asked(why, "line_amount", "order_total", worth=worth, without=without)


def total(position: int, company: Company) -> Judgement:
    """Of the order where its parts are columns too; what the seller receives in Mercado Livre's report."""
    if of_mercado_livre(company):
        return company.unless_taken("net_received", "Mercado Livre: what is left after its fees")
    if company.has("order_subtotal"):
        return company.unless_taken("order_total", f"stands beside {company.title('order_subtotal')}")
    judged = amount(position, company)
    if judged.field == "line_amount" and company.has("order_freight") and "×" not in judged.why:
        return company.unless_taken("order_total", f"stands beside {company.title('order_freight')}")
    return judged


def value(position: int, company: Company) -> Judgement:
    """Value of the line; of the invoice or charge in a file of one row per order without products."""
    if not company.has("quantity", *_PRODUCT) and not company.has("order_total") and _one_row_per_order(company):
        return Judgement("order_total", "one row per order, no product: the whole order")
    return amount(position, company)


def price(position: int, company: Company) -> Judgement:
    """Price of one unit; the line's value where it grows with the quantity, or where there is no quantity."""
    facts, quantity, other = company.facts, company.at("quantity"), company.at("unit_price")
    if other is not None:
        calculated = None if quantity is None else facts.equals(position, quantity=quantity, price=other)
        if calculated and calculated.records and calculated.share >= _NEARLY_ALL:
            return company.unless_taken("line_amount", f"quantity × {company.title('unit_price')}")
        return Judgement(None, f"{company.title('unit_price')} is unit_price already")
    if quantity is None:
        if company.has("line_amount", "order_total") or facts.names & _AMOUNT_TITLES:
            return Judgement("unit_price", "another column has the amount")
        return Judgement("line_amount", "there is no quantity: the whole line")
    product = company.at("sku") if company.has("sku") else company.at("product_name")
    if product is not None and not company.has("line_amount"):
        each, whole = facts.scales(product, quantity, position)
        if whole and whole >= _NEARLY_ALL * (each + whole):
            return Judgement("line_amount", f"grows with the quantity on all {whole} products that show it")
        if min(each, whole) > _MINORITY * (each + whole):
            return Judgement.asked(found("price_or_amount", each=each, whole=whole), "unit_price", "line_amount")
    return Judgement("unit_price", "price of one unit")


def line_price(position: int, company: Company) -> Judgement:
    """Olist's `price` is the line of one unit; beside a quantity (UCI) it is a price like others."""
    if company.has("quantity"):
        return price(position, company)
    return company.unless_taken("line_amount", "there is no quantity: the whole line")


def discount(position: int, company: Company) -> Judgement:
    """Money of the order (R15 decides later whether it is per line); a rate is no money."""
    if "%" in company.facts.columns[position]:
        return company.unless_taken("discount_rate", "a percentage, by its header")
    percent = company.facts.share(position, "contains(v, '%')")
    if percent:
        return company.unless_taken("discount_rate", f"{percent:.0%} of the values have a percent sign")
    lowest, highest = company.facts.extremes(position)
    if lowest is not None and highest is not None and lowest >= 0 and 0 < highest < 1:
        return company.unless_taken("discount_rate", "all values lie between 0 and 1")
    return company.unless_taken("order_discount", "money; of the line where lines of an order differ")


def quantity_sold(position: int, company: Company) -> Judgement:
    """`Vendas` counts cubic metres in ANP's tables: a quantity of something, never money."""
    return Judgement(None, "may count units, orders or cubic metres: never taken for money", perhaps=("quantity",))


def _one_row_per_order(company: Company) -> bool:
    order = company.at("order_id")
    return order is not None and company.facts.is_unique(order)


def _blank_on_continuations(position: int, company: Company) -> bool:
    head = company.at("sold_at")
    return head is not None and company.facts.blank_where_blank(position, head, company.all_at(*_PRODUCT))
