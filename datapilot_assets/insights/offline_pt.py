"""The offline analyst's words in Portuguese.

`$name`: words that offline.py chooses. `[caiu|caíram]`: by the number of the KPI's title, after `$The_member` the
singular; `[days:dia|dias]`: by the value of that quantity. A text has no number of its own: those are slots.
"""

from __future__ import annotations

# Dimension → the member's noun alone, after the metric, as a subject, and in the plural; `@`: its name.
DIMENSIONS = {
    "product": ("produto", "do produto @", "o produto @", "produtos"),
    "category": ("categoria", "da categoria @", "a categoria @", "categorias"),
    "channel": ("canal", "do canal @", "o canal @", "canais"),
    "state": ("estado", "do estado @", "o estado @", "estados"),
    "payment_method": (
        "forma de pagamento",
        "na forma de pagamento @",
        "a forma de pagamento @",
        "formas de pagamento",
    ),
    "store": ("loja", "da loja @", "a loja @", "lojas"),
    "campaign": ("campanha", "da campanha @", "a campanha @", "campanhas"),
    "platform": ("plataforma", "da plataforma @", "a plataforma @", "plataformas"),
    "source": ("origem", "da origem @", "a origem @", "origens"),
}
NO_DIMENSION = ("item", "de @", "@", "itens")

DIRECTIONS = {
    "up": {
        "moved": "[subiu|subiram]", "moving": "[sobe|sobem]", "movement": "alta",
        "more": "a mais", "beside": "acima", "extreme": "o maior valor",
    },
    "down": {
        "moved": "[caiu|caíram]", "moving": "[cai|caem]", "movement": "queda",
        "more": "a menos", "beside": "abaixo", "extreme": "o menor valor",
    },
    "none": {
        "moved": "[variou|variaram]", "moving": "[varia|variam]", "movement": "variação",
        "more": "de diferença", "beside": "longe", "extreme": "um valor recorde",
    },
}  # fmt: skip
# What a comparison is made with: whole months, and the same days of both.
COMPARED = {
    "previous_month": ("ao mês anterior", "aos mesmos dias do mês anterior"),
    "same_month_last_year": ("ao mesmo mês do ano anterior", "aos mesmos dias do ano anterior"),
}
COMPARED_OTHERWISE = "ao período de comparação"
# Before a whole month, and before days or several months.
WHEN = ("em", "de")
OF = "de"
# From one to the other, with and without the months in which they stood.
PATH = ("de {{baseline}} em {{baseline_period}} para {{current}} em {{period}}", "de {{baseline}} para {{current}}")
# What members come and go with.
ROWS = {"spend": "investimento"}
OTHER_ROWS = "vendas"
PARTIAL_DAYS = "Mês parcial; dias comparados: {{period}} com {{baseline_period}}."
PARTIAL_DATA = "Período parcial: os dados ainda não cobrem todos os dias."

# Fact type, with a variant after a full stop → headline | body.
TEXTS = """
change | $subject $moved {{change_pct_size}} em relação $compared
| [Passou|Passaram] $path, {{change_abs_size}} $more.

change.parts | $subject $moved {{change_pct_size}} em relação $compared
| [Passou|Passaram] $path, {{change_abs_size}} $more. Nessa conta, a quantidade de pedidos pesa {{orders_effect}}
e o valor por pedido, {{ticket_effect}}.

driver | $subject $moved {{change_abs_size}} em relação $compared
| [Passou|Passaram] $path, na mesma direção do total. Peso na variação geral: {{contribution}}.

detractor | Na contramão do total, $subject $moved {{change_abs_size}}
| [Passou|Passaram] $path. Peso na variação geral: {{contribution}}.

mix_shift | {{metric}} $moved {{change_abs_size}} junto com a mudança no mix de $members
| [Passou|Passaram] $path. A mudança de peso entre $members equivale a {{mix_effect}};
a variação dentro de cada $noun, a {{rate_effect}}.

rank_change | $The_member $moved no ranking: da posição {{baseline}} para a {{current}}
| Vendeu {{amount}} $in_period.

appeared | $The_member passou a ter $rows
| Foram {{current}} $in_period, {{share}} do total; $in_baseline, nada.

disappeared | $The_member ficou sem $rows $in_period
| $In_baseline, foram {{baseline}}, {{share}} do total.

trend | Tendência de $movement de {{metric}} em {{months}} meses
| [Passou|Passaram] $path, {{change_pct_size}} $more.

change_point | {{metric}} [mudou|mudaram] de patamar: {{change_pct_size}} $more por mês
| A média mensal $in_period é de {{current}}; antes, era de {{baseline}}.

outlier | {{metric}} [ficou|ficaram] {{change_pct_size}} $beside do habitual
| [Foi de|Foram] {{current}} $in_period, para uma média mensal de {{baseline}}. Vale conferir se houve algo pontual,
como promoção, feriado ou erro de lançamento.

seasonality | Neste mês do ano, {{metric}} [costuma|costumam] ficar {{change_pct_size}} $beside da média mensal
| É um padrão que se repete no histórico. Prefira comparar com o mesmo mês do ano anterior.

record | {{metric}} [teve|tiveram] $extreme em {{months}} meses
| [Foi de|Foram] {{current}} $in_period. O recorde anterior era de {{baseline}}, $in_baseline.

streak | {{metric}} $moving há {{months}} meses seguidos
| [Passou|Passaram] $path, {{change_pct_size}} $more.

concentration.member | $The_member concentra {{share}} de {{metric}}
| São {{members}} $members ao todo; qualquer mudança ali pesa no resultado.

concentration | {{top}} de {{members}} $members concentram {{share}} de {{metric}}
| Qualquer mudança nesse grupo pesa no resultado.

roas_below_one | {{metric}} [ficou|ficaram] em {{current}}: as vendas não cobriram os anúncios
| Foram {{spend}} em anúncios $in_period, e as vendas dos mesmos dias não chegaram a esse valor.

roas_below_target | {{metric}} [ficou|ficaram] em {{current}}, abaixo da meta
| Foram {{spend}} em anúncios $in_period; as vendas dos mesmos dias não chegaram ao retorno que a organização espera.

roas_below_one.member | $The_member teve retorno de {{current}} e não se pagou
| Foram {{spend}} investidos $in_period. O valor de conversão que a plataforma declara não cobre esse custo.

spend_without_conversions | $The_member gastou {{spend}} sem registrar conversões
| Isso é {{share}} do investimento em anúncios $of_period.

refund_rate_high | {{metric}} [ficou|ficaram] em {{current}}, fora do habitual ({{baseline}})
| As devoluções $of_period somam {{amount}}. Vale olhar quais produtos voltaram.

roas_gap | As plataformas declaram ROAS de {{claimed}}; suas vendas mostram {{verified}}
| A diferença é de {{change_abs_size}}. São medidas diferentes: o verificado considera todas as suas vendas;
o declarado, o que cada plataforma conta como venda dos anúncios.

partial_sales | Mês parcial: há vendas até o dia {{days}}
| Os números $of_period ainda mudam até o fechamento. Compare sempre os mesmos dias.

partial_ads | Mês parcial: anúncios com {{days}} [days:dia|dias] de dados
| Os números de anúncios $of_period ainda mudam com os dias que faltam.

missing_source | $The_member ficou sem vendas $in_period
| $In_baseline, foram {{baseline}}, {{share}} do total. Se faltou enviar um arquivo, os totais estão incompletos.

mirror_source | $The_member repete vendas: {{share}} dos pedidos já estão em outra origem
| São {{amount}} que ficam fora das somas, para que nenhuma venda conte de novo.

quarantine | {{records}} [records:linha está|linhas estão] em quarentena
| Até a correção, os números $of_period não contam com isso. Linhas aceitas no mesmo mês: {{lines}}.

restated | {{metric}} $of_period [mudou|mudaram] depois da publicação
| O valor publicado era de {{baseline}}; o atual é de {{current}}.

provisional_conversions | Conversões ainda provisórias: {{current}}, {{share}} do total
| As plataformas ainda podem rever esses números, e os indicadores de anúncios $of_period mudam junto.

other_currency | Há {{current}} em vendas em outra moeda
| Esse valor $of_period fica à parte: os totais usam apenas a moeda da organização.
"""

RECOMMENDATIONS = {
    "review_bid": "Sugestão: revise os lances e o orçamento da campanha.",
    "pause_zero_conversion": "Sugestão: confira se as conversões estão sendo medidas; se estiverem, pause a campanha.",
    "shift_budget": "Sugestão: avalie passar verba para as campanhas de melhor retorno.",
    "check_stock": "Sugestão: confira o estoque e se o anúncio do produto está no ar.",
    "review_price": "Sugestão: reveja preços e composição dos pedidos.",
    "review_discount": "Sugestão: reveja a política de descontos e cupons.",
    "investigate_channel": "Sugestão: verifique o que mudou nesse canal de vendas.",
    "wait_month_close": "Sugestão: espere o fechamento do mês antes de decidir.",
    "check_tracking": "Sugestão: confira as etiquetas de conversão e as janelas de atribuição.",
}
