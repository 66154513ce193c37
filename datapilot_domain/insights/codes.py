"""Codes of the verifier and of what became of a call: why a text was not published as it came."""

from __future__ import annotations

from datapilot_domain.kpis import Wording

_CODES = """
V01 | o fato citado não existe | the fact that it tells does not exist
V02 | cita um fato que não existe | it cites a fact that does not exist
V03 | número sem evidência | a number without evidence
V04 | fato de outra organização | a fact of another organization
V05 | a evidência não se repete na versão fixada | the evidence does not read the same at its pinned version
V06 | o valor não confere | the value does not compute again
V07 | a base de comparação não confere | the baseline does not compute again
V08 | a variação ou parcela não confere | the change or share does not compute again
V09 | a direção não confere | the direction is not that of the numbers
V10 | a unidade não confere | the unit does not agree with how the number is made
V11 | a gravidade não segue a regra | the severity is not by the rule
V12 | lacunas sem valor, repetidas ou malformadas | slots unbound, bound twice, unused or malformed
V13 | não cita nenhum número do próprio fato | it cites no number of the fact that it tells
V14 | campo que o fato não tem | a field that the fact does not have
V15 | texto com número, nome, unidade, marcação ou causa | a number, name, unit, markup or cause in the text
V16 | não diz que o período é parcial | it does not say that the period is partial
V17 | amostra ou significância insuficiente | too few observations, or not significant
V18 | longo demais, ou sem título | too long, or without a headline
V19 | repete outro texto | it repeats another text
V20 | nome que não existe nos dados | a name that is not in the data
V21 | a recomendação não é a da regra | the recommendation is not by the rule
METHOD_FAILED | um método não pôde ser calculado | a method could not be computed
LLM_INVALID | a resposta não segue o formato | the answer does not follow the schema
LLM_REFUSED | o modelo recusou | the model refused
LLM_LENGTH | a resposta foi cortada | the answer was cut
LLM_EMPTY | a resposta veio vazia | the answer was empty
LLM_TIMEOUT | o modelo não respondeu a tempo | the model did not answer in time
LLM_UNREACHABLE | o serviço não respondeu | the endpoint could not be reached
LLM_REJECTED | o serviço recusou o pedido | the endpoint rejected the request
LLM_SERVER_ERROR | o serviço falhou | the endpoint failed
LLM_OVER_BUDGET | o orçamento do mês acabou | the budget of the month is used up
LLM_SILENT | o modelo não escreveu sobre este fato | the model wrote nothing about this fact
"""


def _parsed(text: str) -> dict[str, Wording]:
    parts = (line.split(" | ") for line in text.strip().splitlines())
    return {code: Wording(pt=pt, en=en) for code, pt, en in parts}


CODES: dict[str, Wording] = _parsed(_CODES)
