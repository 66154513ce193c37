"""What kind of event a line of a sales export is, by its words: returns, cancellations, and what is no sale (R18, R19).

Patterns are regular expressions in the common subset of RE2 and Python, matched whole against lower-case text
without accents. They are conservative: a product that only sounds like a fee stays a product.
"""

from __future__ import annotations

from datapilot_domain.contracts.sales_status import normalise_status

# Fiscal nature of the operation (`NATUREZA DA OPERAÇÃO`), tried in this order; any other nature is a sale.
NATURES: tuple[tuple[str, str], ...] = (
    # A purchase that goes back to its supplier is no return of a sale.
    (
        "adjustment",
        r".*\b(?:devoluc\w*|retorno|return)\b.*\b(?:compra|fornecedor|remessa|conserto|comodato|purchase)\b.*",
    ),
    ("return", r".*\b(?:devoluc\w*|estorno|refund|credit note|nota de credito)\b.*|(?:sales? )?returns?\b.*"),
    ("cancellation", r".*\b(?:cancelamento|cancelad[ao]|cancell?ed|cancell?ation|inutilizac\w*)\b.*"),
    (
        "adjustment",
        r"(?:simples |outras? |nota (?:fiscal )?(?:de )?)?(?:remessa|transf\w*|bonific\w*|brindes?|doac\w*|amostras?"
        r"|demonstrac\w*|consignac\w*|comodato|conserto|retorno|entrada|compra|baixa|ajuste|perda|inventario"
        r"|transfer|sample|donation|stock adjustment)\b.*",
    ),
)
# Product names that are freight, fees or corrections whatever their code.
FEE_NAMES = (
    r"(?:frete|taxa de (?:entrega|envio|servico|conveniencia|embalagem|parcelamento|instalacao)|postagem)"
    r"(?: ?[-–:/(].*| (?:pac|sedex|correios|expresso|normal|gratis|economico|motoboy|transportadora|jadlog).*)?"
    r"|taxas?|tarifas?|juros|multa|acrescimo|desconto|gorjeta|ajuste(?: de (?:estoque|caixa|preco|inventario))?"
    r"|postage(?: and packing)?|dotcom postage|(?:shipping|delivery|handling|service|bank|amazon) (?:fee|charge)s?"
    r"|stock adjustment|amazonfee"
)
# Codes of such lines; letters alone are sizes elsewhere, so that the name, when there is one, must agree.
FEE_CODES = r"post|dot|d|m|s|b|c2|cruk|adjust\d?|bank charges|amazonfee|frete|taxa|tarifa"
NAMES_OF_CODES = (
    r"manual|discount|samples|carriage|shipping|adjust bad debt|cruk commission|bank charges|amazon fee"
    r"|adjustment by .*"
)

# A line that only announces how many products of one sale follow; the money is on those (Mercado Livre).
PACKAGE_STATUS = r"pacote (?:de|com) \d+ produtos?|package of \d+ (?:products?|items?)"
# What programs write, lower case without accents, where there was no cancellation (RE2, matched whole).
NO_REASON = "[-–—_.*/ 0]*|n/?a|nao|no|n|false|falso|null|none|nenhum[ao]?|sem (?:motivo|cancelamento)|nao se aplica"

# Headers of numbers that start again: every till counts its own coupons, and starts over.
COUPON_HEADERS = frozenset(
    "cupom | n cupom | n do cupom | numero cupom | numero do cupom | cupom fiscal | coo | ccf".split(" | ")
)
TILL_HEADERS = frozenset(
    "pdv | n pdv | numero pdv | numero do pdv | caixa | n caixa | numero do caixa | ecf | terminal | serie".split(" | ")
)

# Currency text, lower case without accents → ISO 4217. `$` alone is anybody's dollar or peso and is not here.
CURRENCY_WORDS = {
    "r$": "BRL", "real": "BRL", "reais": "BRL", "us$": "USD", "u$s": "USD", "u$": "USD", "dolar": "USD",
    "dolares": "USD", "dollar": "USD", "dollars": "USD", "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP",
    "libra": "GBP", "libras": "GBP", "peso argentino": "ARS", "peso mexicano": "MXN", "peso chileno": "CLP",
    "guarani": "PYG",
}  # fmt: skip
# ISO 4217 codes that a sale may be in.
CURRENCY_CODES = frozenset(
    (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD "
        "CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP "
        "GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD "
        "KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK "
        "NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
        "SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF "
        "XCD XOF XPF YER ZAR ZMW ZWG "
    ).split()
)


def currency_code(text: str | None) -> str | None:
    """ISO 4217 code of a currency text (`BRL`, `brl`, `R$`, `Real`), or None."""
    if text is None:
        return None
    words = normalise_status(text)
    return words.upper() if words.upper() in CURRENCY_CODES else CURRENCY_WORDS.get(words)
