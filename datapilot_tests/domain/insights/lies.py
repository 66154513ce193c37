"""Texts of drafts that lie or do harm, by the rule that refuses them."""

from __future__ import annotations

# Rule → texts that break it, some of them in letters and digits that only look like ours.
LIES: dict[str, tuple[str, ...]] = {
    "digit": (
        "Foram 3 pedidos", "Foram \uff13 pedidos", "Foram \u0663 pedidos", "Foram \u0969 pedidos",
        "Foram \U0001d7d1 pedidos", "x²", "½ do mês", "Foram \u2173 pedidos", "Foram \u2163 pedidos",
        "Foram \u2462 pedidos", "Foram \u3023 pedidos", "CPF 123.456.789-09", "CNPJ 12.345.678/0001-95",
        "ligue (11) 91234-5678",
    ),
    "number word": (
        "Foram dois pedidos", "Foram DUAS vendas", "caiu pela metade", "Foram trezentos reais", "um milhão a menos",
        "Três campanhas", "TRÊS campanhas", "tre\u0302s campanhas", "três\u200b campanhas", "t\u200brês campanhas",
        "uma dúzia", "o dobro", "o triplo", "cem por dia", "mil vendas", "segundo lugar", "o primeiro do mês",
        "sold twice as much", "Half of it", "a dozen orders", "one order", "once", "a hundred", "twenty-one",
        "first place", "um em cada pedido", "apenas uma venda", "\uff44\uff4f\uff49\uff53 pedidos",
        "a maioria das vendas", "most of the sales", "vinte e seis", "dezesseis", "dezenas", "quinze dias",
        "zero vendas",
    ),
    "roman": (
        "fase II", "fase XII", "MIX", "o IV trimestre", "iv trimestre", "Iii", "MCM", "CD", "lO pedidos", "OO",
        "\uff29\uff29", "V",
    ),
    "unit": (
        "{{current}}%", "{{current}} %", "{{current}} por cento", "R$ {{current}}", "US$ {{current}}",
        "€ {{current}}", "{{current}} reais", "{{current}} dólares", "{{current}} p.p.", "{{current}} x",
        "{{current}}x", "{{current}}mil", "{{current}} mi", "{{current}} vezes", "{{current}} times",
        "{{current}} percent", "{{current}} pontos", "{{current}} pontos percentuais", "r{{current}}",
        "menos de {{current}}", "quase {{current}}", "more than {{current}}", "minus {{current}}", "em dólares",
        "{{current}} por dia", "{{current}} anos",
        "{{current}}-{{baseline}}", "‰",
    ),
    "sign": (
        "-{{current}}", "– {{current}}", "— {{current}}", "caiu {{change_abs}}", "uma queda de {{change_abs}}",
    ),
    "link": (
        "veja www.golpe.com", "http://golpe", "golpe.com", "{{entity}}.com", "a@b", "golpe ponto com", "e/ou",
        "loja.com.br/oferta", "https golpe",
    ),
    "markup": (
        "<script>", "<b>veja</b>", "**forte**", "_forte_", "`rm`", "# Título", "[veja](x)", "a | b", "&lt;b&gt;",
        "~~x~~", "a\\b", "![x](y)",
    ),
    "quote": (
        'disse "sim"', "disse \u201csim\u201d", "disse «sim»", "disse \u201dsim\u201d", "'sim'", "\u2018sim\u2019",
        "d' água",
    ),
    "control": (
        "linha\u000anova", "tab\u0009aqui", "ca\u200biu", "\u202eoi", "a\u2028b", "a\u0000b", "a\u001b[31m",
        "\ufeffa", "a\ue000b", "a\u00adb",
    ),
    "character": (
        "\u0441aiu", "\u0441\u0430iu", "\u03c1eceita", "a\u00a0b", "º lugar", "ª vez", "+ vendas", "a = b",
        "\U0001f600", "\u0131d", "a · b", "\u00a7", "\u4e09",
    ),
    "entity name": (
        "em Eletrônicos", "em eletronicos", "em ELETRÔNICOS!", "na loja do joão", "Loja-do-João", "em SP",
        "Eletro\u0302nicos", "eletr\u200bônicos",
    ),
    "organization": (
        "igual à Padaria Aurora", "acme sul", "padaria aurora", "ACME-SUL",
    ),
    "cause": (
        "devido ao frete", "por causa do frete", "graças ao frete", "o frete causou isso", "o frete provocou",
        "gerou isso", "resultou em mudança", "levou a isso", "o frete impulsionou", "porque o frete mudou",
        "o frete explica", "puxado por frete", "because of freight", "due to freight", "led to this", "drove it",
        "driven by freight", "thanks to freight", "resulted in this", "caused by", "pois mudou", "devido, ao frete",
        "deVIDO  ao frete", "contribuiu para isso", "as a result", "se deve ao frete", "o frete influenciou",
    ),
    "direction": (
        "subiu", "Subiu muito", "uma alta", "cresceu", "aumentou", "ficou maior", "acima", "rose", "grew",
        "an increase", "higher", "vendeu mais", "subi\u0301ram", "recuperou",
    ),
    "negation": (
        "não caiu", "nunca caiu", "não houve queda", "sem queda", "nenhuma queda", "longe de cair",
    ),
    "spelled": (
        "c a i u", "foram d-e-z", "d e z pedidos",
    ),
}  # fmt: skip
