"""Words that say where a figure went, and words that say whether that is good."""

from __future__ import annotations

from datapilot_domain.insights.plain import Phrases

UP = Phrases(
    """
    sobe, sobem, subir, subira, subiram, subiu, subindo, subida, subidas, cresc*, aument*, alta, altas, alto, altos,
    eleva*, elevou, avanco*, avancou, avancaram, avanca, avancam, ganho*, ganhou, ganharam, ganha, ganham, superou,
    superaram, supera, superam, superar, superior*, acima, maior, maiores, mais, dispar*, salto*, saltou, saltaram,
    expan*, ampli*, recuper*, decol*, aceler*, valoriz*, evoluiu, evoluiram, increment*, pico, picos, maximo, maxima,
    maximos, multiplic*
    """,
    """
    rise*, rising, rose, grow*, grew, increas*, up, upward*, climb*, gain*, high, higher, highest, above, more, larger,
    largest, bigger, biggest, greater, greatest, jump*, surg*, soar*, exceed*, expan*, recover*, rebound*, accelerat*,
    peak*, maximum, skyrocket*, multipl*
    """,
)
DOWN = Phrases(
    """
    cai, caem, caia, caiam, caiu, cair, caira, cairam, caindo, caido, caida, queda, quedas, recua, recuam, recuo,
    recuou, recuaram, recuar, recuando, diminu*, reduz*, reduc*, encolh*, baixa, baixas, baixo, baixos, baixou,
    baixaram, baixar, desce, descem, descer, desceu, desceram, descida*, perde, perdem, perdeu, perderam, perder,
    perda*, declin*, retra*, contraiu, contracao, inferior*, abaixo, menor, menores, menos, despenc*, afund*, mingu*,
    tombo*, tombou, minimo, minima, minimos, desaceler*, enxug*
    """,
    """
    fall, falls, falling, fell, fallen, drop*, declin*, decreas*, down, downward*, low, lower*, lowest, below, less,
    fewer, smaller, smallest, shrink*, shrank, shrunk, reduc*, slip*, slid, slide*, plung*, tumbl*, dip, dips, dipped,
    lose*, losing, lost, loss, losses, slump*, contracted, contraction, slow*, minimum, sank, sunk, sink*, tanked,
    nosedive*, went south
    """,
)
GOOD = Phrases(
    "melhor*, positiv*, bom, boa, bons, boas, otim*, excelente*, saudave*",
    "improv*, better, best, positive*, good, great, excellent, strong*, healthy",
)
BAD = Phrases(
    "pior*, negativ*, ruim, ruins, fraco*, fraca*, preocup*, prejuizo*, vermelho, critic*, grave*",
    "worse*, worst, bad*, weak*, poor*, negative*, worry*, worri*, concern*, critical*, severe*",
)
# They hold a word of the lists and say no direction.
NO_DIRECTION = Phrases(
    "mais de perto, mais vendid*, mais detalh*, pelo menos, a menos que, em alta temporada, mais informac*",
    "more closely, more detail*, at least, up to date, follow up, set up, best selling",
)
# By language: the English `no` is the Portuguese `in the`.
NEGATIONS = {
    "pt-BR": Phrases("nao, nem, nunca, jamais, tampouco, nenhum, nenhuma, sem, longe de, deixou de, deixaram de"),
    "en": Phrases("no, not, never, neither, nor, without, cannot, *n't, far from, failed to, hardly, barely"),
}
