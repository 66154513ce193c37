"""Causes of alerts: counts, months and names of ours, and what tells a file; never a cell of it."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

ALERTS = (
    finding("run_failed", "{job}, execução {run}, passo {step}", "{job}, run {run}, step {step}"),
    finding(
        "runs_failed", "{job}: {attempts} tentativas, a última foi a execução {run}",
        "{job}: {attempts} attempts, the last was run {run}",
    ),
    finding("gate_failed", "{family}: {codes}", "{family}: {codes}"),
    finding("check_failed", "{check} de {asset}: {why}", "{check} of {asset}: {why}"),
    finding(
        "month_late", "{family} de {source}: nada do mês até {day}",
        "{family} of {source}: nothing of the month by {day}",
    ),
    finding(
        "month_missing", "{family} de {source}: há meses antes e depois",
        "{family} of {source}: there are months before and after",
    ),
    finding("file_undecided", "{file}, origem {source}: {reason}", "{file}, source {source}: {reason}"),
    finding(
        "month_restated", "{family}: mudou por {file}, recebido em {day}",
        "{family}: changed by {file}, which arrived on {day}",
    ),
    finding("kpi_below", "{kpi} {value}; o limite é {limit}", "{kpi} {value}; the limit is {limit}"),
    finding("spent_for_nothing", "{campaigns} campanhas, {spend}", "{campaigns} campaigns, {spend}"),
    finding("kpi_fell", "{kpi}: {change} em relação a {baseline}", "{kpi}: {change} against {baseline}"),
    finding("budget_reached", "{used} de {budget} tokens", "{used} of {budget} tokens"),
    finding("partition_unknown", "{key} não está no cadastro", "{key} is not in the registry"),
    finding("tick_failed", "{sensor}: {error}", "{sensor}: {error}"),
    finding("watch_failed", "{watch} de {org}: {error}", "{watch} of {org}: {error}"),
    finding("consumer_down_of", "{consumer} de {org}", "{consumer} of {org}"),
    finding("consumer_down", "{consumer}", "{consumer}"),
    finding("never_seen", "{what}: nunca deu sinal", "{what}: no sign of life ever"),
    finding("stands_still", "{what}: nada há {minutes} minutos", "{what}: nothing for {minutes} minutes"),
    finding(
        "delivery_failed", "{channel}: {why}, {messages} mensagens", "{channel}: {why}, {messages} messages",
    ),
)  # fmt: skip
