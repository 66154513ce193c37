"""Words that say why. The data show what moved together, never what caused it."""

from __future__ import annotations

from datapilot_domain.insights.plain import Phrases

CAUSAL = Phrases(
    """
    caus*, provoc*, devid*, gracas, por culpa, culpa, por conta d*,
    em razao d*, em funcao d*, em virtude d*, em decorrencia, decorr*, gera, geram, gerou, geraram, gerando, gerado,
    gerada, gerados, geradas, resulta em, resultou*, resultaram*, resultando*, resultante*, leva a, levou a, levou ao,
    levaram a, levaram ao, levando a, fez cair, fez subir, fez crescer, fizeram cair, fizeram subir, fizeram crescer,
    fez a, fez o, fizeram a, fizeram o, se deve a*, se deveu a*, se devem a*, em face d*, dado o, dada a,
    impuls*, motiv*, ocasion*, acarret*, desencade*, origina, originou, originaram, originad*, por isso, porque,
    por que, pois, ja que, uma vez que, visto que, consequ*, portanto, explic*, pux*, derrub*, alavanc*, favorec*,
    influenc*, impact*, afet*, prejudic*, atribu*, contribui para, contribuiu para, contribuiram para, responsave*,
    em resposta a, efeito d*, reflexo d*, reflet*, fruto d*, estimul*
    """,
    """
    caus*, because, due to, owing to, thanks, led to, lead to, leads to, leading to, drove, drive, drives, driven,
    driving, driver, drivers, result in, results in, resulted*, resulting, as a result, result of, therefore, thus,
    hence, consequen*, trigger*, spark*, fuel*, fueled, fuelled, boost*, push*, reason*, why, explain*, explanation*,
    attribut*, responsible, impact*, affect*, influenc*, brought about, stem from, stems from, stemmed from,
    stemming from, generat*,
    on account of, contributed to, contributes to, contribute to, owe*, made it, effect of, in response to, prompted
    """,
)
