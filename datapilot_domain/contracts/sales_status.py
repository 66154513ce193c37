"""Status texts of sales exports and what they mean for revenue."""

from __future__ import annotations

# Status text, normalised (trimmed, lower case, no accents) → what it means for revenue (R17).
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
