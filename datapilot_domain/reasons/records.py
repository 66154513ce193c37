"""Reasons for which silver quarantines a record, or warns about it."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

RECORDS = (
    reason(
        "RECORD_SHAPE", "record", "O registro tem colunas a menos ou a mais.",
        "The record has too few or too many columns.", "Complete o registro e envie o arquivo de novo.",
        "Complete the record and send the file again.",
    ),
    reason(
        "DATE_MISSING", "record", "Sem data.", "No date.", "Preencha a data da venda.", "Fill in the sale date.",
    ),
    reason(
        "DATE_UNREADABLE", "record", "A data não existe ou não foi entendida.",
        "The date does not exist or was not understood.", "Corrija a data.", "Correct the date.",
    ),
    reason(
        "DATE_OUTSIDE_CALENDAR", "record", "A data está fora do período aceito.",
        "The date is outside the accepted period.", "Corrija a data.", "Correct the date.",
    ),
    reason(
        "QUANTITY_MISSING", "record", "Sem quantidade.", "No quantity.", "Preencha a quantidade.",
        "Fill in the quantity.",
    ),
    reason(
        "QUANTITY_UNREADABLE", "record", "A quantidade não é um número.", "The quantity is not a number.",
        "Corrija a quantidade.", "Correct the quantity.",
    ),
    reason(
        "AMOUNT_MISSING", "record", "Sem valor.", "No amount.", "Preencha o valor da linha.",
        "Fill in the amount of the line.",
    ),
    reason(
        "AMOUNT_UNREADABLE", "record", "O valor não é um número.", "The amount is not a number.",
        "Corrija o valor.", "Correct the amount.",
    ),
    reason(
        "SIGN_CONFLICT", "record", "Quantidade e valor têm sinais opostos.",
        "Quantity and amount have opposite signs.", "Corrija o sinal.", "Correct the sign.",
    ),
    reason(
        "CURRENCY_UNKNOWN", "record", "A moeda não é conhecida.", "The currency is not known.",
        "Escreva o código da moeda, como BRL ou USD.", "Write the currency code, such as BRL or USD.",
    ),
    reason(
        "PRODUCT_AND_ORDER_MISSING", "record", "Sem produto e sem número de pedido.",
        "Neither a product nor an order number.", "Preencha um dos dois.", "Fill in one of them.",
    ),
    reason(
        "DISCOUNT_UNREADABLE", "record", "O desconto não é um número.", "The discount is not a number.",
        "Corrija o desconto.", "Correct the discount.",
    ),
    reason(
        "DISCOUNT_EXCEEDS_GROSS", "record", "O desconto é maior que o valor da linha; o valor foi mantido.",
        "The discount is larger than the line; it was kept as it is.",
        "Confira se a coluna de desconto está em dinheiro e não em porcentagem.",
        "Check that the discount column holds money and not a percentage.",
    ),
    reason(
        "STATUS_UNKNOWN", "record", "A situação não é conhecida; o valor fica fora da receita.",
        "The status is not known; its amount stays out of revenue.", "Use uma situação conhecida.",
        "Use a known status.",
    ),
)  # fmt: skip
