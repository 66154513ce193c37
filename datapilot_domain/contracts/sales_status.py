"""Status texts of sales exports and what they mean for revenue (R17)."""

from __future__ import annotations

import re
import unicodedata

# Status text, normalised (`normalise_status`) → what it means for revenue (R17).
STATUS_WORDS: dict[str, tuple[str, ...]] = {
    "paid": tuple(
        (
            "pago | paga | pagamento aprovado | pagamento confirmado | confirmado | aprovado | "
            "aprovada | autorizado | faturado | faturada | concluido | concluida | finalizado | "
            "entregue | enviado | em transito | a caminho | em separacao | pronto para envio | pronto "
            "para enviar | recebido | liquidado | paid | completed | complete | delivered | shipped | "
            "fulfilled | approved | authorized | captured | settled | invoiced | processing"
        ).split(" | ")
    ),
    "open": tuple(
        (
            "aberto | em aberto | pendente | aguardando | aguardando pagamento | aguardando "
            "confirmacao | em analise | a pagar | a receber | orcamento | rascunho | boleto emitido | "
            "pix gerado | pending | open | awaiting payment | unpaid | created | draft | on hold | "
            "partially paid"
        ).split(" | ")
    ),
    "cancelled": tuple(
        (
            "cancelado | cancelada | cancelamento | venda cancelada | pedido cancelado | anulado | "
            "anulada | inutilizada | denegada | cancelled | canceled | voided | void | unavailable"
        ).split(" | ")
    ),
    "refused": tuple(
        (
            "recusado | recusada | negado | negada | nao autorizado | nao aprovado | falhou | "
            "expirado | expirada | chargeback | contestado | refused | declined | failed | expired | "
            "rejected | denied"
        ).split(" | ")
    ),
    "returned": tuple(
        (
            "devolvido | devolvida | devolucao | estornado | estornada | estorno | reembolsado | "
            "reembolsada | reembolso | troca | returned | refunded | reversed | partially refunded"
        ).split(" | ")
    ),
}
STATUS_OF_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words}

# What may follow a known text without changing what it says: `Pago - Pix`, `Cancelado pelo comprador`,
# `Entregue em 12/01`. "Entregue ao remetente" or "pago parcialmente" say something else and stay unknown.
_DETAIL = re.compile(r"\s*[-–—:;,/(.|].*|\s+(?:em|no|na|pelo|pela|por|via|com|on|at|by|via|with)\s.*")
_LONGEST_FIRST = sorted(STATUS_OF_WORD, key=len, reverse=True)
_NEGATIONS = ("nao", "sem", "not", "no", "parcial", "parcialmente", "partially")


def normalise_status(text: str) -> str:
    """Lower case without accents; underscores and runs of spaces are one space; no full stop at the end."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.lower().replace("_", " ").split()).rstrip(" .!")


def meaning_of(text: str | None) -> str | None:
    """What a status text means: a key of STATUS_WORDS, `unknown`, or None for a blank.

    A text that starts with a known one counts as it when only detail follows: a separator or a preposition,
    with no negation and no text of another meaning in it.
    """
    if text is None or not (words := normalise_status(text)):
        return None
    if words in STATUS_OF_WORD:
        return STATUS_OF_WORD[words]
    for known in _LONGEST_FIRST:
        rest = words[len(known) :]
        if words.startswith(known) and _DETAIL.fullmatch(rest):
            return STATUS_OF_WORD[known] if _is_detail_of(STATUS_OF_WORD[known], rest) else "unknown"
    return "unknown"


def _is_detail_of(meaning: str, rest: str) -> bool:
    spaced = " ".join(["", *re.findall(r"[^\W_]+", rest), ""])
    others = (word for word, status in STATUS_OF_WORD.items() if status != meaning)
    return not any(f" {word} " in spaced for word in (*others, *_NEGATIONS))


def settle_status(order: str | None, payment: str | None) -> tuple[str | None, str]:
    """(text that decides, status) of an order: the payment's text beats the order's, except that cancelled stays.

    Both blank: (None, "unknown"), since the file has a status and does not say it here.
    """
    of_order, of_payment = meaning_of(order), meaning_of(payment)
    if of_payment is None or of_order == "cancelled":
        return (order if of_order else None), of_order or "unknown"
    return payment, of_payment
