"""Headers whose meaning depends on the rest of the file, decided by looking at all its records (R11).

Every check gets the column's position and its company, and answers with a Judgement. Checks run in the
order of CHECKS, so that a later one can build on what an earlier one found.
"""

from __future__ import annotations

from collections.abc import Iterable

from datapilot_assets.landing import context_amounts as amounts
from datapilot_assets.landing.column_facts import MOST
from datapilot_assets.landing.company import Check, Company, Judgement
from datapilot_assets.landing.dialect import normalise_header
from datapilot_domain.contracts.sales_status import STATUS_OF_WORD
from datapilot_domain.findings import found

_STATES = [
    *(
    "ac al ap am ba ce df es go ma mt ms mg pa pb pr pe pi rj rn rs ro rr sc sp se to "
    "acre alagoas amapa amazonas bahia ceara goias maranhao para paraiba parana pernambuco piaui rondonia "
    "roraima sergipe tocantins"
).split(),
    "distrito federal", "espirito santo", "mato grosso", "mato grosso do sul", "minas gerais",
    "rio de janeiro", "rio grande do norte", "rio grande do sul", "santa catarina", "sao paulo",
]  # fmt: skip
_UNITS = (
    "unidades?|unid|und|uni|units?|pecas?|pares?|par|caixas?|cxs?[0-9]*|pacotes?|pct|fardos?|fd|duzias?|dz|kits?|"
    "quilos?|kilos?|kgs?|gramas?|g|gr|toneladas?|ton?|litros?|lts?|l|ml|metros?|mt?s?|m[23²³]|cm|horas?|hrs?|h|"
    "dias?|mes(?:es)?|sacos?|sc|rolos?|rl|galao|gl|barras?|br|folhas?|fl|frascos?|fr|latas?|garrafas?|pc[st]?|un|ea|"
    "r\\$ ?/ ?[a-z0-9³]+"
)
# Words of dates that are not the day of the sale.
_OTHER_DATES = frozenset(
    "pagamento pago pgto pagto paid payment vencimento vencto due envio enviado envío ship shipped shipping entrega "
    "delivery delivered previsao prevista expected liberacao recebivel repasse payout nascimento birth cadastro "
    "atualizacao update updated modified cancelamento cancelled canceled devolucao refund refunded coleta validade "
    "expiracao despacho postagem approved aprovacao aniversario saida retirada chegada retorno fabricacao "
    "agendamento baixa compensacao".split()
)
_PLAIN = "lower(strip_accents(v))"
_CODE = "regexp_full_match(v, '[A-Za-z]{0,4}[-_.]?[0-9]+')"
_ORDER_NUMBER = "regexp_full_match(v, '#[0-9]+')"
_CHARGE = "regexp_full_match(v, '(?:ch|py|pi|txn|pay|cs)_[A-Za-z0-9_]+')"
_INTEGER = "regexp_full_match(v, '[0-9]{1,9}')"
_FISCAL = frozenset({"chave de acesso", "serie", "modelo", "natureza da operacao", "cnpj emitente"})
_LONGEST_LINE_NUMBER = 3
# Share of values from which on the others are exceptions (a state abroad), if nothing speaks for another meaning.
_MANY = 0.5


def sale_date(position: int, company: Company) -> Judgement:
    """The date of the sale, unless another column says so, or may say so, too."""
    if company.has("sold_at"):
        return Judgement(None, f"{company.title('sold_at')} is sold_at already")
    others = [other for other in company.free if other != position and _may_be_sale_date(other, company)]
    rivals = tuple(other for other in others if not company.facts.same(position, other))
    if rivals:
        columns = [company.facts.columns[other] for other in rivals]
        return Judgement.asked(found("other_dates", columns=columns), "sold_at", against=rivals)
    return Judgement("sold_at", "the only date that can be the sale's")


def _may_be_sale_date(position: int, company: Company) -> bool:
    words = set(normalise_header(company.facts.columns[position]).split())
    return not words & _OTHER_DATES and company.facts.like_dates(position)


def event_time(position: int, company: Company) -> Judgement:
    """`Data/Hora`: of the sale; beside the date of issue of an NF-e, of the last event."""
    if company.has("sold_at"):
        return Judgement(None, f"{company.title('sold_at')} is sold_at: this is the time of an event")
    return sale_date(position, company)


def coupon(position: int, company: Company) -> Judgement:
    """A till's coupon is its order; beside an order number it is a discount code."""
    if company.has("order_id"):
        return company.unless_taken("coupon", f"a discount code: {company.title('order_id')} is the order")
    return Judgement("order_id", "the till's coupon")


def number(position: int, company: Company) -> Judgement:
    """The number of an NF-e is unique in its series and issuer only."""
    if company.facts.names & _FISCAL:
        return Judgement(None, "the number of a fiscal document is unique in its issuer and series only")
    return identifier(position, company)


def identifier(position: int, company: Company) -> Judgement:
    """Anything may stand under such a header; `#1001`, `ch_3M…` or the dates of its repeats show an order."""
    if company.has("order_id"):
        return Judgement(None, f"{company.title('order_id')} is order_id already")
    if company.facts.mostly(position, _ORDER_NUMBER):
        return Judgement("order_id", "numbers like #1001")
    if company.facts.mostly(position, _CHARGE):
        return Judgement("order_id", "the charges of a gateway")
    if _is_order(position, company):
        return Judgement("order_id", "repeats on lines of one date only")
    return Judgement(None, "may be anything", perhaps=("order_id",))


def _is_order(position: int, company: Company) -> bool:
    """Whether its values repeat, each on one date and with one customer, and not as a product's code would."""
    facts, date = company.facts, company.at("sold_at")
    people = company.all_at("customer_id", "customer_doc", "customer_email", "customer_name")
    products = company.all_at("sku", "product_name")
    if date is None or facts.is_unique(position):
        return False
    if any(facts.repeats(position, of=at).share < 1 for at in (date, *people)):
        return False
    return not products or any(facts.repeats(position, of=at).share < 1 for at in products)


def name(position: int, company: Company) -> Judgement:
    """A person, a product or (Shopify) an order."""
    if company.facts.mostly(position, _ORDER_NUMBER):
        return company.unless_taken("order_id", "numbers like #1001")
    facts, codes = company.facts, company.at("sku")
    people = company.all_at("customer_doc", "customer_email", "customer_id")
    if codes is not None and not company.has("product_name"):
        told = facts.repeats(codes, of=position)
        if told.values and told.share >= MOST:
            return Judgement("product_name", f"one for each {company.title('sku')}")
    for person in people:
        told = facts.repeats(person, of=position)
        if told.values and told.share >= MOST:
            return company.unless_taken("customer_name", f"one for each {facts.columns[person]!r}")
    order = company.at("order_id")
    lines = None if order is None else facts.repeats(order, of=position)
    if lines and lines.values and lines.share < 1 - MOST and not company.has("product_name"):
        return Judgement("product_name", "differs between the lines of an order")
    if company.has("product_name") and people:
        return company.unless_taken("customer_name", "stands beside the customer and the product")
    return Judgement(None, "may be a person or a product", perhaps=("product_name", "customer_name"))


def description(position: int, company: Company) -> Judgement:
    """A product's name; in a gateway's report, free text about a charge."""
    gateway = company.has("fees") and not company.has("quantity", "sku", "unit_price")
    if gateway:
        return Judgement(None, "text about a charge: the file has fees and neither quantity nor product")
    return company.unless_taken("product_name", "the product in words")


def item(position: int, company: Company) -> Judgement:
    """The number of the line when all are small integers; longer ones are codes, text is a product."""
    facts = company.facts
    integers = facts.share(position, _INTEGER)
    if integers is None:
        return company.unless_taken("line_no", "empty")
    if integers < MOST:
        if company.has("product_name"):
            return company.unless_taken("sku", f"text beside {company.title('product_name')}")
        return Judgement("product_name", f"{1 - integers:.0%} of the values are no whole number")
    short = facts.mostly(position, f"length(v) <= {_LONGEST_LINE_NUMBER} AND v NOT LIKE '0_%'")
    if short:
        return company.unless_taken("line_no", "small whole numbers")
    return company.unless_taken("sku", "long whole numbers, or with leading zeros")


def code(position: int, company: Company) -> Judgement:
    """Of the product that stands beside it, of the order or of the customer: what its repeats have in common."""
    facts, product, customer = company.facts, company.at("product_name"), company.at("customer_name")
    perhaps = ("sku", "order_id", "customer_id")
    if product is not None:
        told = facts.repeats(position, of=product)
        if told.values and told.share >= MOST:
            return company.unless_taken("sku", f"one {company.title('product_name')} each")
        if not told.values and (company.has("order_id") or not facts.repeats(product, of=position).values):
            return company.unless_taken("sku", f"stands beside {company.title('product_name')}")
    if not company.has("order_id") and _is_order(position, company):
        return Judgement("order_id", "repeats on lines of one date only")
    if customer is not None:
        told = facts.repeats(position, of=customer)
        if told.values and told.share >= MOST:
            return company.unless_taken("customer_id", f"one {company.title('customer_name')} each")
    order = company.at("order_id")
    if product is None and order is not None:
        lines = facts.repeats(order, of=position)
        if lines.values and lines.share < 1 - MOST:
            return company.unless_taken("sku", "differs between the lines of an order")
    return Judgement(None, "may be of a product, an order or a customer", perhaps=perhaps)


def state(position: int, company: Company) -> Judgement:
    """Where the customer lives, or how the sale stands (Mercado Livre)."""
    facts = company.facts
    places = facts.share(position, f"{_PLAIN} IN ({_listed(_STATES)})")
    if places is None:
        return company.unless_taken("state", "empty")
    if places >= MOST:
        return company.unless_taken("state", f"{places:.0%} of the values are Brazilian states")
    statuses = facts.share(position, f"{_PLAIN} IN ({_listed(STATUS_OF_WORD)})") or 0.0
    if places == 0 and (statuses >= 1 - MOST or amounts.of_mercado_livre(company)):
        return company.unless_taken("status", f"{statuses:.0%} of the values are statuses of a sale, none a state")
    if company.has("status", "payment_status") and statuses == 0:
        return company.unless_taken("state", f"{company.title('status') or 'another column'} is the status")
    why = found("state_or_status", states=f"{places:.0%}", statuses=f"{statuses:.0%}")
    if places >= _MANY and statuses == 0:
        return company.unless_taken("state", why.words("en"))
    return Judgement.asked(why, "state", "status")


def unit(position: int, company: Company) -> Judgement:
    """A unit of measure; a store when the values look like places."""
    units = company.facts.share(position, f"regexp_full_match({_PLAIN}, '(?:{_UNITS})\\.?')")
    if units is None or units >= MOST:
        return company.unless_taken("unit", "units of measure")
    if units <= 1 - MOST:
        return company.unless_taken("store", "no units of measure: places")
    return Judgement(None, f"{units:.0%} of the values are units of measure", perhaps=("unit", "store"))


def customer(position: int, company: Company) -> Judgement:
    codes = company.facts.share(position, _CODE) or 0.0
    if codes >= MOST:
        return company.unless_taken("customer_id", f"{codes:.0%} of the values are codes")
    return company.unless_taken("customer_name", "names")


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


# By the first header of each entry of CONTEXT_HEADERS, in the order in which they may build on each other.
CHECKS: dict[str, Check] = {
    "Data/Hora": event_time,
    "Data": sale_date,
    "Cupom": coupon,
    "Name": name,
    "Descrição": description,
    "Item": item,
    "Cliente": customer,
    "Número": number,
    "id": identifier,
    "Código": code,
    "Nome": name,
    "Desconto": amounts.discount,
    "Preço": amounts.price,
    "price": amounts.line_price,
    "Valor Total": amounts.amount,
    "Total": amounts.total,
    "Valor": amounts.value,
    "Vendas": amounts.quantity_sold,
    "Unidade": unit,
    "Estado": state,
}
