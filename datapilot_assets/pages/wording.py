"""Words of a page in both languages of an organization."""

from __future__ import annotations

from datapilot_domain.kpis import Wording

_TEXTS = """
alerts | Alertas | Alerts
kpis | Indicadores | Key figures
insights | Insights | Insights
insights_none | Nada que mereça destaque neste mês. | Nothing in this month stands out.
insights_unwritten | Os insights deste mês ainda não foram escritos. | The insights of this month are not written yet.
charts | Evolução | Over time
products | Produtos mais vendidos | Top products
breakdowns | De onde vem a receita | Where the revenue comes from
campaigns | Campanhas | Campaigns
quality | Qualidade dos dados | Data quality
partial | parcial | partial
partial_sales | Mês parcial: vendas de {period} | Partial month: sales of {period}
partial_ads | Anúncios parciais: {days} de {all} dias | Partial ads: {days} of {all} days
up | subiu | up
down | caiu | down
unchanged | igual | unchanged
than_before | ante {value} em {month} | from {value} in {month}
same_days | dias {first} a {last}: {now}, ante {before} em {month} | \
days {first} to {last}: {now}, from {before} in {month}
not_compared | {month}: {value}; não comparável, período parcial | {month}: {value}; not comparable, partial period
first_month | sem mês anterior | no month before
restated | antes {before} (versão {version}) → agora {now} | before {before} (version {version}) → now {now}
restated_until | antes {before} (versão {version}, vendas até {day}) → agora {now} | \
before {before} (version {version}, sales until {day}) → now {now}
restated_title | Reapresentado | Restated
daily | {kpi} por dia, em {unit} | {kpi} by day, {unit}
monthly | {kpi} por mês | {kpi} by month
monthly_money | {kpi} por mês, em {unit} | {kpi} by month, {unit}
roas | ROAS declarado e verificado por mês | Claimed and verified ROAS by month
claimed | declarado | claimed
verified | verificado | verified
weekly_cost | Custo por conversão por semana, em {unit} | Cost per conversion by week, {unit}
partial_weeks | * semana coberta em parte | * week covered in part
week | sem. {number} | wk {number}
chart_range | {title}: de {low} a {high} | {title}: from {low} to {high}
product | Produto | Product
units | Unidades | Units
share | Parte | Share
revenue | Receita bruta | Gross revenue
channel | Canal | Channel
category | Categoria | Category
others | outros {count} | {count} others
not_given | não informado | not given
campaign | Campanha | Campaign
platform | Plataforma | Platform
whole_account | conta inteira | whole account
more_campaigns | e mais {count} campanhas, {spend} | and {count} more campaigns, {spend}
spend | Investimento | Spend
conversions | Conversões | Conversions
cost_per_conversion | Custo por conversão | Cost per conversion
roas_claimed | ROAS declarado | Claimed ROAS
origin | De onde vêm os números | Where the numbers come from
number | Número | Number
table | Tabela | Table
version | Versão Delta | Delta version
value | Valor | Value
written_by_model | texto de modelo, conferido | text of a model, verified
rejected | Textos recusados: {count} | Rejected texts: {count}
coverage | Cobertura | Coverage
sales | Vendas | Sales
ads | Anúncios | Ads
whole_month | mês inteiro; {days} de {all} dias com vendas | whole month; {days} of {all} days with sales
some_days | {period}; {days} de {all} dias com vendas | {period}; {days} of {all} days with sales
ads_covered | {days} de {all} dias | {days} of {all} days
no_data | sem dados | no data
sources | Fontes | Sources
source | Fonte | Source
role | Papel | Role
role_counts | conta | counts
role_mirror | espelho: fora das somas | mirror: out of the sums
paid_orders | Pedidos pagos | Paid orders
matched | {share} dos pedidos já estão em outra fonte | {share} of the orders are in another source
quarantined | Registros não aceitos: {count} | Records not accepted: {count}
quarantined_none | Nenhum registro deixou de ser aceito. | Every record was accepted.
other_currencies | Há vendas ou anúncios em {codes}, que não entram nos números desta página. | \
There are sales or ads in {codes}, which no figure of this page holds.
current | Em dia com os dados recebidos | Up to date with the data received
stale | Há dados recebidos que esta página ainda não mostra: {tables}. Rode datapilot run --org {org} e gere-a de \
novo. | Data came in that this page does not show yet: {tables}. Run datapilot run --org {org} and make it again.
stale_insights | Os insights são de antes da última mudança dos números. Rode datapilot run --org {org} e gere a \
página de novo. | The insights are older than the last change of the figures. Run datapilot run --org {org} and make \
the page again.
definitions | Como se calcula | How it is computed
made_from | Feita de | Made from
code | Código | Code
meaning | Significado | Meaning
times | Vezes | Times
"""

TEXTS: dict[str, Wording] = {
    name: Wording(pt=pt, en=en) for name, pt, en in (line.split(" | ") for line in _TEXTS.strip().splitlines())
}


class Words:
    """The words of one language: `words("kpis")`, `words("rejected", count="3")`."""

    def __init__(self, locale: str) -> None:
        self.locale = locale

    def __call__(self, name: str, **values: object) -> str:
        return TEXTS[name].of(self.locale).format(**values)
