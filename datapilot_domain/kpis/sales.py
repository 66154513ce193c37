"""KPIs of sales."""

from __future__ import annotations

from datapilot_domain.kpis.kpi import Kpi, Wording


def _sales(name: str, pt: str, en: str, pt_text: str, en_text: str, synonyms: str = "", **more: object) -> Kpi:
    """`pt` begins with its article."""
    ratio = "numerator" in more
    values: dict[str, object] = {"table": "gold.sales_month", "unit": "money", "good": "neutral"}
    values |= {} if ratio else {"sum_of": name}
    values |= {"synonyms": tuple(synonyms.split(" | ")) if synonyms else ()}
    article, _, title = pt.partition(" ")
    titles = {"title": Wording(pt=title, en=en), "article": article, "definition": Wording(pt=pt_text, en=en_text)}
    return Kpi.model_validate({"name": name, **titles, **values, **more})


_NO_QUANTITY = Wording(pt="Nenhum arquivo do mês tem quantidade.", en="No file of the month has a quantity.")

SALES_KPIS = (
    _sales(
        "gross_revenue",
        "a receita bruta",
        "gross revenue",
        "Linhas pagas de quantidade positiva, antes de descontos e frete.",
        "Paid lines of positive quantity, before discounts and freight.",
        "receita | receita bruta | vendas | faturamento | revenue | sales | gross | gross revenue | gross sales",
        good="up",
    ),
    _sales(
        "net_revenue",
        "a receita líquida",
        "net revenue",
        "Receita bruta menos descontos mais devoluções (negativas).",
        "Gross revenue minus discounts plus returns (negative).",
        "receita liquida | vendas liquidas | faturamento liquido | liquida | liquido | net | net revenue | net sales",
        good="up",
    ),
    _sales(
        "discounts",
        "os descontos",
        "discounts",
        "Descontos dos pedidos pagos.",
        "Discounts of paid orders.",
        "desconto | descontos | discount | discounts",
        null_when=Wording(
            pt="Nenhum arquivo do mês tem coluna de desconto; a receita líquida não os subtrai.",
            en="No file of the month has a discount column; net revenue does not subtract them.",
        ),
    ),
    _sales(
        "returns_amount",
        "as devoluções",
        "returns",
        "Devoluções na data em que ocorreram, com sinal negativo.",
        "Returns on their own date, negative.",
        "devolucao | devolucoes | estornos | reembolsos | returns | refunds",
        # Nearer to zero is better, and the figure is negative.
        good="up",
    ),
    _sales(
        "cancelled_amount",
        "os cancelados e recusados",
        "cancelled and refused",
        "Linhas canceladas ou recusadas, fora da receita.",
        "Cancelled or refused lines, outside revenue.",
        "cancelado | cancelados | cancelamentos | recusados | cancelled | canceled | refused",
        good="down",
    ),
    _sales(
        "open_amount",
        "o em aberto",
        "open",
        "Linhas ainda não pagas, fora da receita.",
        "Lines not yet paid, outside revenue.",
        "em aberto | aberto | pendente | pendentes | a receber | open | pending | unpaid",
    ),
    _sales(
        "unknown_amount",
        "a situação desconhecida",
        "unknown status",
        "Linhas cuja situação não é conhecida, fora da receita.",
        "Lines whose status is not known, outside revenue.",
        "situacao desconhecida | unknown status",
        good="down",
    ),
    _sales(
        "adjustments_amount",
        "os ajustes",
        "adjustments",
        "Ajustes de estoque, postagem e tarifas em linhas próprias.",
        "Stock adjustments, postage and fees on lines of their own.",
        "ajuste | ajustes | adjustment | adjustments",
    ),
    _sales(
        "paid_orders",
        "os pedidos pagos",
        "paid orders",
        "Pedidos distintos (fonte, loja, número) com uma linha paga de quantidade positiva.",
        "Distinct (source, store, order) with a paid line of positive quantity.",
        "pedido | pedidos | pedidos pagos | numero de pedidos | orders | paid orders",
        unit="count",
        good="up",
        # One order may have lines on several days, channels or products.
        additive=False,
    ),
    _sales(
        "units",
        "as unidades vendidas",
        "units sold",
        "Quantidade das linhas pagas positivas; devoluções não são subtraídas.",
        "Quantity of paid positive lines; returns are not subtracted.",
        "unidade | unidades | unidades vendidas | itens vendidos | quantidade | units | units sold | items sold",
        unit="quantity",
        good="up",
        null_when=_NO_QUANTITY,
    ),
    _sales(
        "gift_units",
        "os brindes",
        "gift units",
        "Unidades vendidas a preço zero; também estão em unidades vendidas.",
        "Units at price zero; they are among the units sold as well.",
        "brinde | brindes | gift | gifts | gift units",
        unit="quantity",
        null_when=_NO_QUANTITY,
    ),
    _sales(
        "freight",
        "o frete",
        "freight",
        "Frete dos pedidos pagos, fora da receita.",
        "Freight of paid orders, outside revenue.",
        "frete | fretes | freight | shipping",
        null_when=Wording(
            pt="Nenhum arquivo do mês tem coluna de frete.", en="No file of the month has a freight column."
        ),
    ),
    _sales(
        "fees",
        "as tarifas",
        "fees",
        "Tarifas e comissões dos pedidos pagos, com sinal positivo; não são subtraídas da receita líquida.",
        "Fees and commissions of paid orders, positive; net revenue does not subtract them.",
        "tarifa | tarifas | taxas | comissao | comissoes | fee | fees | commission | commissions",
        good="down",
        null_when=Wording(
            pt="Nenhum arquivo do mês tem coluna de tarifas.", en="No file of the month has a fee column."
        ),
    ),
    _sales(
        "lines",
        "as linhas",
        "lines",
        "Linhas aceitas dos arquivos, em qualquer situação.",
        "Accepted lines of the files, whatever their status.",
        "linha | linhas | lines",
        unit="count",
    ),
    _sales(
        "average_ticket",
        "o ticket médio",
        "average ticket",
        "Receita bruta das linhas com número de pedido dividida pelos pedidos pagos.",
        "Gross revenue of lines with an order number divided by paid orders.",
        "ticket | ticket medio | valor medio do pedido | average ticket | average order value | aov",
        unit="money_per_order",
        good="up",
        numerator="gross_revenue",
        denominator="paid_orders",
        only="order_id IS NOT NULL",
        additive=False,
        null_when=Wording(
            pt="A fonte não tem número de pedido, ou não há pedido pago.",
            en="The source has no order number, or there is no paid order.",
        ),
    ),
    _sales(
        "refund_rate",
        "a taxa de devolução",
        "refund rate",
        "Devoluções divididas pela receita bruta do mesmo mês.",
        "Returns divided by the gross revenue of the same month.",
        "taxa de devolucao | taxa de devolucoes | refund rate | return rate",
        unit="fraction",
        good="down",
        numerator="returns_amount",
        denominator="gross_revenue",
        scale=-1,
        additive=False,
        stored=False,
        null_when=Wording(pt="Não há receita bruta no mês.", en="The month has no gross revenue."),
    ),
)
