"""Words of the exports: statuses and currencies."""

from __future__ import annotations

import pytest

from datapilot_domain.contracts.sales_kinds import currency_code
from datapilot_domain.contracts.sales_status import STATUS_OF_WORD, meaning_of, settle_status


@pytest.mark.rule("R17")
@pytest.mark.parametrize(("word", "status"), STATUS_OF_WORD.items())
def test_every_known_status_is_read_in_any_case_and_spelling(word: str, status: str) -> None:
    assert meaning_of(word) == meaning_of(f"  {word.upper().replace(' ', '  ')}. ") == status
    assert meaning_of(word.replace(" ", "_")) == status


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Pago - Pix", "paid"),
        ("PAGO (cartão)", "paid"),
        ("Entregue em 12/01", "paid"),
        ("Cancelado pelo comprador", "cancelled"),
        ("Cancelled by buyer", "cancelled"),
        ("Aguardando pagamento: boleto", "open"),
        ("Devolução", "returned"),
        ("partially_refunded", "returned"),
        ("Não autorizado", "refused"),
        # What follows says something else.
        ("Entregue ao remetente", "unknown"),
        ("Pago parcialmente", "unknown"),
        ("Pago - parcialmente", "unknown"),
        ("Pago - estornado", "unknown"),
        ("Entregue, não pago", "unknown"),
        ("Não pago", "unknown"),
        ("Paginado", "unknown"),
        ("   ", None),
        (None, None),
    ],
)
def test_a_status_with_detail_is_known_only_where_that_is_safe(text: str | None, status: str | None) -> None:
    assert meaning_of(text) == status


@pytest.mark.rule("R17")
@pytest.mark.parametrize(
    ("order", "payment", "settled"),
    [
        ("Enviado", "Pendente", ("Pendente", "open")),
        ("Cancelado", "Pago", ("Cancelado", "cancelled")),
        ("Devolvido", "Pago", ("Pago", "paid")),
        ("Enviado", None, ("Enviado", "paid")),
        ("Enviado", "???", ("???", "unknown")),
        (None, None, (None, "unknown")),
    ],
)
def test_payment_beats_order_except_cancelled(
    order: str | None, payment: str | None, settled: tuple[str | None, str]
) -> None:
    assert settle_status(order, payment) == settled


@pytest.mark.rule("R22")
@pytest.mark.parametrize(
    ("text", "code"),
    [("BRL", "BRL"), (" usd ", "USD"), ("R$", "BRL"), ("US$", "USD"), ("Dólar", "USD"), ("€", "EUR"), ("$", None)],
)
def test_currencies_are_iso_codes(text: str, code: str | None) -> None:
    assert currency_code(text) == code
