"""Every alert by its code: what it says in general and what to do."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from datapilot_domain.kpis import Wording

Scope = Literal["organization", "platform"]


class AlertKind(BaseModel):
    model_config = ConfigDict(frozen=True)

    code: str
    scope: Scope
    title: Wording
    remedy: Wording


def _kind(code: str, scope: Scope, pt: str, en: str, remedy_pt: str, remedy_en: str) -> AlertKind:
    return AlertKind(code=code, scope=scope, title=Wording(pt=pt, en=en), remedy=Wording(pt=remedy_pt, en=remedy_en))


_KINDS = (
    _kind(
        "RUN_FAILED", "organization", "Uma execução falhou", "A run failed",
        "Veja a execução; corrija a causa e rode de novo.", "See the run; mend the cause and run it again.",
    ),
    _kind(
        "GATE_FAILED", "organization", "Um mês não foi publicado", "A month was not published",
        "Veja os números da verificação; o último mês bom continua publicado.",
        "See the numbers of the check; the last good month stays published.",
    ),
    _kind(
        "CHECK_FAILED", "organization", "Uma verificação não passou", "A check did not pass",
        "Veja os números da verificação no ativo.", "See the numbers of the check at its asset.",
    ),
    _kind(
        "MONTH_LATE", "organization", "Os dados do mês estão atrasados", "The month's data are late",
        "Envie os arquivos do mês, ou declare que a fonte terminou.",
        "Land the month's files, or declare that the source has ended.",
    ),
    _kind(
        "MONTH_MISSING", "organization", "Falta um mês", "A month is missing",
        "Envie os arquivos do mês; se não houve vendas, envie um arquivo vazio que o declara completo.",
        "Land the month's files; if nothing was sold, land an empty file that declares it complete.",
    ),
    _kind(
        "FILE_HELD", "organization", "Um arquivo espera uma decisão", "A file waits for a decision",
        "Decida o que o arquivo é; nada mudou até agora.", "Decide what the file is; nothing has changed so far.",
    ),
    _kind(
        "FILE_WAITING", "organization", "Um arquivo espera o resto", "A file waits for its other parts",
        "Envie as partes que faltam.", "Land the missing parts.",
    ),
    _kind(
        "FILE_REFUSED", "organization", "Um arquivo foi recusado", "A file was refused",
        "Corrija o arquivo e envie de novo; os bytes recebidos ficam guardados.",
        "Mend the file and land it again; the bytes that came are kept.",
    ),
    _kind(
        "MONTH_RESTATED", "organization", "Um mês fechado mudou", "A closed month was restated",
        "Avise quem usou os números de antes.", "Tell those who used the earlier numbers.",
    ),
    _kind(
        "ROAS_LOW", "organization", "O retorno dos anúncios está baixo", "The return on ads is low",
        "Veja as campanhas do mês.", "See the month's campaigns.",
    ),
    _kind(
        "SPEND_WITHOUT_CONVERSIONS", "organization", "Gasto sem conversões", "Spend without conversions",
        "Veja as campanhas do mês.", "See the month's campaigns.",
    ),
    _kind(
        "REVENUE_DROP", "organization", "A receita caiu", "Revenue dropped",
        "Veja os insights do mês.", "See the month's insights.",
    ),
    _kind(
        "BUDGET_REACHED", "organization", "O orçamento do modelo acabou", "The model's budget is used up",
        "Os textos são escritos sem modelo até o próximo mês; aumente LLM_BUDGET ou LLM_TOKEN_BUDGET.",
        "Texts are written without a model; raise LLM_BUDGET or LLM_TOKEN_BUDGET.",
    ),
    _kind(
        "WORK_PARKED", "organization", "Um trabalho parou depois de várias falhas", "Work is parked after its attempts",
        "Corrija a causa e rode com datapilot run.", "Mend the cause and run it with datapilot run.",
    ),
    _kind(
        "PARTITION_UNKNOWN", "platform", "Partição sem organização", "A partition without an organization",
        "Cadastre a organização com datapilot org add, ou apague a partição na interface.",
        "Add the organization with datapilot org add, or delete the partition in the UI.",
    ),
    _kind(
        "TICK_FAILED", "platform", "Um sensor falhou", "A sensor failed",
        "Veja o sensor na interface.", "See the sensor in the UI.",
    ),
    _kind(
        "WATCH_FAILED", "platform", "Uma organização não pôde ser vista", "An organization could not be looked at",
        "Veja o erro no sensor alerts, ou rode o comando.", "See the error at the sensor alerts, or run the command.",
    ),
    _kind(
        "CONSUMER_DOWN", "platform", "Um serviço está fora do ar", "A service is down",
        "O ouro continua publicado; o serviço se atualiza quando voltar.",
        "Gold is published all the same; it catches up when it is back.",
    ),
    _kind(
        "DAEMON_STOPPED", "platform", "O daemon parou", "The daemon stands still",
        "Reinicie o daemon do Dagster; datapilot doctor mostra o resto.",
        "Start Dagster's daemon again; datapilot doctor shows the rest.",
    ),
    _kind(
        "OUTBOX_STOPPED", "platform", "Mensagens não saem", "Messages do not leave",
        "Veja datapilot alerts outbox e o canal.", "See datapilot alerts outbox and the channel.",
    ),
    _kind(
        "DELIVERY_FAILED", "platform", "Um canal recusou uma mensagem", "A channel refused a message",
        "Corrija o canal em deliveries.yaml; a mensagem está no arquivo de log.",
        "Mend the channel in deliveries.yaml; the message is in the log file.",
    ),
)  # fmt: skip
ALERTS: dict[str, AlertKind] = {kind.code: kind for kind in _KINDS}
