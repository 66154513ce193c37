"""Units and amounts that only a slot may say, and words that would change what the slot beside them says."""

from __future__ import annotations

from datapilot_domain.insights.plain import SLOT_MARK, Phrases

UNITS = Phrases(
    """
    reais, dolar, dolares, euro, euros, centavo*, libras, brl, usd, eur, gbp, rs, por cento, porcento,
    porcentagem d*, pp, p p, ponto percentual, pontos percentuais, pontos base
    """,
    "dollar*, cents, pounds, bucks, percent, per cent, percentage point*, basis point*",
)
_AFTER = """
x, k, m, mi, mm, b, bi, g, kg, vez, vezes, times, fold, real, ponto, pontos, point, points, percentua*, percentage*,
negativ*, anos, semanas, horas, years, weeks, hours, por dia, por semana, por ano, por cliente, por pedido, por unidade,
ao dia, ao ano, cada, diari*, per day, per week, per year, per customer, per order, a day, a week, a year, each, daily,
ou mais, ou menos, or more, or less, e pouco
"""
_BEFORE = """
menos, menos de, mais de, quase, minus, plus, more than, less than, fewer than, over, under, nearly, almost, negative,
negativo, negativa, negativos, up to, no minimo, no maximo, pelo menos, ao menos, at least, at most, rs, us, vezes,
times
"""
BESIDE_A_SLOT = Phrases(
    *(f"{SLOT_MARK} {word.strip()}" for word in _AFTER.split(",")),
    *(f"{word.strip()} {SLOT_MARK}" for word in _BEFORE.split(",")),
)
LINKS = Phrases("www*, http*, ponto com, dot com, arroba")
