"""Words that say a number: a text takes its numbers from slots only.

`um`, `uma` and `one of` are articles; where they count (`um em cada`, `one order`) they are numbers.
"""

from __future__ import annotations

from datapilot_domain.insights.plain import Phrases

_PT = """
zero, dois, duas, tres, quatro, cinco, seis, sete, oito, nove, dez, onze, doze, treze, catorze, quatorze, quinze,
dezesseis, dezasseis, dezessete, dezassete, dezoito, dezenove, dezanove, vinte, trinta, quarenta, cinquenta, sessenta,
setenta, oitenta, noventa, cem, cento, centos, duzent*, trezent*, quatrocent*, quinhent*, seiscent*, setecent*,
oitocent*, novecent*, mil, milhar*, milhao, milhoes, bilhao, bilhoes, bilion*, trilhao, trilhoes,
dezena*, vintena*, punhado*, duzia*, centena*, centesim*, milesim*, quinzena*, meia, metade*, e meio, par de, pares de,
dobro*, dobr*, duplo*, dupla*, duplic*, tripl*, quadrupl*, quintupl*, terco*, quarto*, quinto*, decimo*, decima*,
primeir*, segundo, segundos, segunda, segundas, terceir*, quarta*, quinta*, sexto*, sexta*, setimo*, setima*, oitavo*,
oitava*, nono, nona, vigesim*, trigesim*, penultim*,
um em cada, uma em cada, um a cada, uma a cada, apenas um, apenas uma, so um, so uma, somente um, somente uma, um so,
uma so, unico*, unica*, maioria*, maior parte
"""
_EN = """
zero, one, once, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen,
sixteen, seventeen, eighteen, nineteen, twenty, thirty, forty, fourty, fifty, sixty, seventy, eighty, ninety,
hundred*, thousand*, million*, billion*, trillion*, dozen*, tens, half, halves, halved, halving, twice, thrice,
double*, doubling, triple*, tripling, treble*, quadruple*, quadrupling, couple of, pair of, fold, twofold, threefold,
tenfold, first*, second, seconds, secondly, third*, fourth*, fifth*, sixth*, seventh*, eighth*, ninth*, tenth*,
twentieth*, quarter of, quarters, majority, most of
"""
NUMBER_WORDS = Phrases(_PT, _EN)
NOT_NUMBERS = Phrases("one of, no one, one another")
# Parts of words are enough for what is written without spaces: `twentyone` is not a word of this list.
ROMAN_LOOKALIKES = frozenset("mix di li mi vi".split())
