"""KPIs of ads, by the platforms' own account, and of ads beside sales."""

from __future__ import annotations

from datapilot_domain.kpis.kpi import Kpi, Wording

_NO_SPEND = Wording(pt="Não há investimento no mês.", en="The month has no spend.")


def _ads(name: str, pt: str, en: str, pt_text: str, en_text: str, synonyms: str = "", **more: object) -> Kpi:
    """`pt` begins with its article."""
    article, _, title = pt.partition(" ")
    ratio = "numerator" in more
    values: dict[str, object] = {"table": "gold.campaign_month", "unit": "money", "good": "neutral"}
    values |= {"additive": False} if ratio else {"sum_of": name}
    values |= {"synonyms": tuple(synonyms.split(" | ")) if synonyms else ()}
    titles = {"title": Wording(pt=title, en=en), "article": article, "definition": Wording(pt=pt_text, en=en_text)}
    return Kpi.model_validate({"name": name, **titles, **values, **more})


ADS_KPIS = (
    _ads(
        "spend",
        "o investimento em anúncios",
        "ad spend",
        "Custo dos anúncios.",
        "Cost of the ads.",
        "investimento | investimento em anuncios | gasto com anuncios | custo dos anuncios | verba | spend | ad spend",
    ),
    _ads(
        "impressions",
        "as impressões",
        "impressions",
        "Vezes em que os anúncios apareceram.",
        "Times that the ads were shown.",
        "impressao | impressoes | impressions",
        unit="count",
        good="up",
    ),
    _ads(
        "clicks",
        "os cliques",
        "clicks",
        "Cliques de qualquer tipo.",
        "Clicks of any kind.",
        "clique | cliques | click | clicks",
        unit="count",
        good="up",
    ),
    _ads(
        "conversions",
        "as conversões",
        "conversions",
        "Conversões que as plataformas contam, inclusive as ainda provisórias.",
        "Conversions that the platforms count, provisional ones included.",
        "conversao | conversoes | conversion | conversions",
        unit="quantity",
        good="up",
    ),
    _ads(
        "provisional_conversions",
        "as conversões provisórias",
        "provisional conversions",
        "Conversões de dias que estavam dentro da janela de atribuição quando foram extraídos.",
        "Conversions of days that were inside the attribution window when they were extracted.",
        "conversoes provisorias | provisional conversions",
        unit="quantity",
    ),
    _ads(
        "conversion_value",
        "o valor de conversão declarado",
        "claimed conversion value",
        "Valor que as plataformas atribuem às conversões.",
        "Value that the platforms ascribe to the conversions.",
        "valor de conversao | valor das conversoes | conversion value",
        good="up",
    ),
    _ads(
        "ctr",
        "a taxa de cliques",
        "click-through rate",
        "Cliques divididos por impressões.",
        "Clicks divided by impressions.",
        "ctr | taxa de cliques | click through rate",
        unit="fraction",
        good="up",
        numerator="clicks",
        denominator="impressions",
        null_when=Wording(pt="Não há impressões.", en="There are no impressions."),
    ),
    _ads(
        "cpc",
        "o custo por clique",
        "cost per click",
        "Investimento dividido por cliques.",
        "Spend divided by clicks.",
        "cpc | custo por clique | cost per click",
        unit="money_per_click",
        good="down",
        numerator="spend",
        denominator="clicks",
        null_when=Wording(pt="Não há cliques.", en="There are no clicks."),
    ),
    _ads(
        "cpm",
        "o custo por mil impressões",
        "cost per thousand impressions",
        "Investimento por mil impressões.",
        "Spend per thousand impressions.",
        "cpm | custo por mil | cost per thousand",
        unit="money_per_thousand",
        good="down",
        numerator="spend",
        denominator="impressions",
        scale=1000,
        null_when=Wording(pt="Não há impressões.", en="There are no impressions."),
    ),
    _ads(
        "cost_per_conversion",
        "o custo por conversão",
        "cost per conversion",
        "Investimento dividido por conversões.",
        "Spend divided by conversions.",
        "cpa | custo por conversao | custo por aquisicao | cost per conversion | cost per acquisition",
        unit="money_per_conversion",
        good="down",
        numerator="spend",
        denominator="conversions",
        null_when=Wording(pt="Não há conversões.", en="There are no conversions."),
    ),
    _ads(
        "roas_claimed",
        "o ROAS declarado",
        "claimed ROAS",
        "Valor de conversão que as plataformas declaram dividido pelo investimento.",
        "Conversion value that the platforms claim divided by the spend.",
        "roas | roas declarado | claimed roas | roas das plataformas",
        unit="multiple",
        good="up",
        numerator="conversion_value",
        denominator="spend",
        null_when=_NO_SPEND,
    ),
)

MARKETING_KPIS = (
    _ads(
        "gross_revenue_covered",
        "a receita bruta dos dias com anúncios",
        "gross revenue of the days with ads data",
        "Receita bruta dos dias que os dados de anúncios cobrem.",
        "Gross revenue of the days that the ads data cover.",
        table="gold.marketing_month",
        good="up",
        null_when=Wording(
            pt="Nenhum dos dias cobertos tem dados de vendas.", en="None of the covered days has sales data."
        ),
    ),
    _ads(
        "roas_verified",
        "o ROAS verificado",
        "verified ROAS",
        "Receita bruta da própria organização nos dias cobertos dividida pelo investimento.",
        "The organization's own gross revenue of the covered days divided by the spend.",
        "roas verificado | roas real | verified roas",
        table="gold.marketing_month",
        unit="multiple",
        good="up",
        numerator="gross_revenue_covered",
        denominator="spend",
        null_when=_NO_SPEND,
    ),
)
