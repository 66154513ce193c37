"""Ads: reasons for which a page waits or an object is quarantined, and what a sender should know."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

EXTRACTIONS = (
    reason(
        "PAGES_MISSING", "file", "Faltam páginas da extração.", "Pages of the extraction are missing.",
        "Envie a página que falta, ou todas as páginas em uma só chamada (ou em uma pasta set=ID).",
        "Land the missing page, or all pages in one call (or in one folder set=ID).",
    ),
    reason(
        "SPEND_UNREADABLE", "record", "O gasto não é um número.", "The spend is no number.",
        "Extraia os dados de novo.", "Extract the data again.",
    ),
    reason(
        "COUNT_UNREADABLE", "record", "Impressões ou cliques não são um número inteiro.",
        "Impressions or clicks are no whole number.", "Extraia os dados de novo.", "Extract the data again.",
    ),
    reason(
        "CONVERSIONS_UNREADABLE", "record", "Conversões ou seu valor não são um número.",
        "Conversions or their value are no number.", "Extraia os dados de novo.", "Extract the data again.",
    ),
    reason(
        "MEASURE_NEGATIVE", "record", "Gasto, impressões ou cliques são negativos.",
        "Spend, impressions or clicks are negative.", "Extraia os dados de novo.", "Extract the data again.",
    ),
    reason(
        "LINK_CLICKS_ONLY", "notice",
        "A tabela só tem cliques em links (inline_link_clicks), contados como cliques: são menos que os cliques de"
        " qualquer tipo.",
        "The table has only link clicks (inline_link_clicks), counted as clicks: fewer than the clicks of any kind.",
        "Para contar todos, exporte também a coluna clicks.", "To count them all, export the column clicks too.",
    ),
    reason(
        "CAMPAIGNS_KEPT", "notice",
        "Campanhas que esta extração não traz em nenhum dia e cujos dados anteriores ficam: {count} ({campaigns}).",
        "Campaigns that this extraction does not have on any day, whose earlier data stay: {count} ({campaigns}).",
        "Se foram removidas na plataforma, nada a fazer: o histórico fica.",
        "If they were removed on the platform, there is nothing to do: their history stays.",
    ),
)  # fmt: skip
