"""Gates: reasons for which a month is not published."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

MONTHS = (
    reason(
        "CONSERVATION_BROKEN", "month", "Registros de entrada e de saída não fecham.",
        "Records in and records out do not balance.", "Defeito do programa: guarde o relatório e avise.",
        "A defect of the program: keep the report and tell us.",
    ),
    reason(
        "CONTRACT_BROKEN", "month", "A tabela não cumpre o contrato (esquema ou chave).",
        "The table breaks its contract (schema or key).", "Veja os números da verificação.",
        "See the numbers of the check.",
    ),
    reason(
        "QUARANTINE_MAJORITY", "month", "Mais da metade dos registros do mês está em quarentena.",
        "More than half of the month's records are quarantined.", "Corrija o arquivo e envie de novo.",
        "Correct the file and send it again.",
    ),
    reason(
        "SUMS_DIFFER", "month", "As somas do mês não batem com os detalhamentos.",
        "The month's sums do not tie to their breakdowns.", "Defeito do programa: guarde o relatório e avise.",
        "A defect of the program: keep the report and tell us.",
    ),
    reason(
        "UPSTREAM_NOT_CURRENT", "month", "A tabela de origem ainda não está em dia.",
        "The table it reads is not current yet.", "Materialize antes a camada anterior do mês.",
        "Materialize the month's earlier layer first.",
    ),
)  # fmt: skip
