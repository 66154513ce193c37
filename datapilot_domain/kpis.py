"""KPI catalogue: what each figure is called, made of and worth. Gold, checks, wording and questions read it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Unit = Literal["money", "count", "quantity", "money_per_order"]
Direction = Literal["up", "down", "neutral"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Frozen):
    """One text in both languages of an organization."""

    pt: str
    en: str

    def of(self, locale: str) -> str:
        return self.pt if locale == "pt-BR" else self.en


class Kpi(_Frozen):
    """A KPI of one gold table.

    A sum (`sum_of`: column of the table) adds up over days and dimensions when it is `additive`. A ratio is
    numerator / denominator, both summed at the asked grain before they are divided (R30), kept to 10 decimals.
    """

    name: str
    table: str
    title: Wording
    definition: Wording
    unit: Unit
    good: Direction
    sum_of: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    # SQL over silver: which of the numerator's and denominator's lines count, where not all do.
    only: str | None = None
    additive: bool = True
    null_when: Wording | None = None
    # As people write them, lower case without accents; each names one KPI only.
    synonyms: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _sum_or_ratio(self) -> Kpi:
        if (self.sum_of is None) == (self.numerator is None) or (self.numerator is None) != (self.denominator is None):
            raise ValueError(f"{self.name}: give sum_of, or numerator and denominator")
        if self.numerator and self.additive:
            raise ValueError(f"{self.name}: a ratio does not add up")
        return self

    @property
    def column(self) -> str:
        """Column of `table` that holds the value at that table's own grain."""
        return self.sum_of or self.name


def _sales(name: str, pt: str, en: str, pt_text: str, en_text: str, synonyms: str = "", **more: object) -> Kpi:
    ratio = "numerator" in more
    values: dict[str, object] = {"table": "gold.sales_month", "unit": "money", "good": "neutral"}
    values |= {} if ratio else {"sum_of": name}
    values |= {"synonyms": tuple(synonyms.split(" | ")) if synonyms else ()}
    titles = {"title": Wording(pt=pt, en=en), "definition": Wording(pt=pt_text, en=en_text)}
    return Kpi.model_validate({"name": name, **titles, **values, **more})


_NO_QUANTITY = Wording(pt="Nenhum arquivo do mês tem quantidade.", en="No file of the month has a quantity.")

SALES_KPIS = (
    _sales(
        "gross_revenue",
        "receita bruta",
        "gross revenue",
        "Linhas pagas de quantidade positiva, antes de descontos e frete.",
        "Paid lines of positive quantity, before discounts and freight.",
        "receita | receita bruta | vendas | faturamento | revenue | sales | gross | gross revenue | gross sales",
        good="up",
    ),
    _sales(
        "net_revenue",
        "receita líquida",
        "net revenue",
        "Receita bruta menos descontos mais devoluções (negativas).",
        "Gross revenue minus discounts plus returns (negative).",
        "receita liquida | vendas liquidas | faturamento liquido | liquida | liquido | net | net revenue | net sales",
        good="up",
    ),
    _sales(
        "discounts",
        "descontos",
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
        "devoluções",
        "returns",
        "Devoluções na data em que ocorreram, com sinal negativo.",
        "Returns on their own date, negative.",
        "devolucao | devolucoes | estornos | reembolsos | returns | refunds",
        # Nearer to zero is better, and the figure is negative.
        good="up",
    ),
    _sales(
        "cancelled_amount",
        "cancelados e recusados",
        "cancelled and refused",
        "Linhas canceladas ou recusadas, fora da receita.",
        "Cancelled or refused lines, outside revenue.",
        "cancelado | cancelados | cancelamentos | recusados | cancelled | canceled | refused",
        good="down",
    ),
    _sales(
        "open_amount",
        "em aberto",
        "open",
        "Linhas ainda não pagas, fora da receita.",
        "Lines not yet paid, outside revenue.",
        "em aberto | aberto | pendente | pendentes | a receber | open | pending | unpaid",
    ),
    _sales(
        "unknown_amount",
        "situação desconhecida",
        "unknown status",
        "Linhas cuja situação não é conhecida, fora da receita.",
        "Lines whose status is not known, outside revenue.",
        "situacao desconhecida | unknown status",
        good="down",
    ),
    _sales(
        "adjustments_amount",
        "ajustes",
        "adjustments",
        "Ajustes de estoque, postagem e tarifas em linhas próprias.",
        "Stock adjustments, postage and fees on lines of their own.",
        "ajuste | ajustes | adjustment | adjustments",
    ),
    _sales(
        "paid_orders",
        "pedidos pagos",
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
        "unidades vendidas",
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
        "brindes",
        "gift units",
        "Unidades vendidas a preço zero; também estão em unidades vendidas.",
        "Units at price zero; they are among the units sold as well.",
        "brinde | brindes | gift | gifts | gift units",
        unit="quantity",
        null_when=_NO_QUANTITY,
    ),
    _sales(
        "freight",
        "frete",
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
        "tarifas",
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
        "linhas",
        "lines",
        "Linhas aceitas dos arquivos, em qualquer situação.",
        "Accepted lines of the files, whatever their status.",
        "linha | linhas | lines",
        unit="count",
    ),
    _sales(
        "average_ticket",
        "ticket médio",
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
)

KPIS: dict[str, Kpi] = {kpi.name: kpi for kpi in SALES_KPIS}
