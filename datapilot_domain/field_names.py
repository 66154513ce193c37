"""What the fields of a sales file are called when they are shown to people."""

from __future__ import annotations

from datapilot_domain.kpis import Wording

_NAMES = """
order_id | número do pedido | order number
line_no | número da linha | line number
sold_at | data da venda | sale date
paid_at | data do pagamento | payment date
expected_payout_at | previsão de recebimento | expected payout
ship_by_at | data de envio | shipping date
status | situação do pedido | order status
payment_status | situação do pagamento | payment status
fulfilment_status | situação da entrega | delivery status
cancelled_at | data do cancelamento | cancellation date
cancel_reason | motivo do cancelamento | reason of cancellation
sku | código do produto | product code
product_name | produto | product
variant | variação | variation
category | categoria | category
quantity | quantidade | quantity
returned_quantity | quantidade devolvida | returned quantity
unit | unidade de medida | unit of measure
unit_price | preço unitário | unit price
list_price | preço de tabela | list price
line_amount | valor da linha | line amount
line_discount | desconto da linha | line discount
discount_rate | desconto em % | discount rate
order_subtotal | subtotal do pedido | order subtotal
order_discount | desconto do pedido | order discount
order_freight | frete do pedido | order freight
order_tax | impostos do pedido | order tax
order_total | total do pedido | order total
refund_amount | valor devolvido | refund
fees | tarifas | fees
net_received | valor líquido recebido | net received
currency | moeda | currency
customer_id | código do cliente | customer code
customer_name | nome do cliente | customer name
customer_email | e-mail do cliente | customer e-mail
customer_doc | CPF ou CNPJ do cliente | customer document
channel | canal | channel
store | loja | store
seller | vendedor | seller
payment_method | forma de pagamento | payment method
coupon | cupom | coupon
city | cidade | city
state | estado | state
country | país | country
operation_nature | natureza da operação | nature of the operation
cost | custo | cost
profit | lucro | profit
"""

# Field → its name. A record as a whole is what a reason names when no one field is at fault.
FIELD_NAMES: dict[str, Wording] = {
    "record": Wording(pt="registro inteiro", en="whole record"),
    **{field: Wording(pt=pt, en=en) for field, pt, en in (line.split(" | ") for line in _NAMES.strip().splitlines())},
}
