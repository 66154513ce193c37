"""Reasons for which a whole file of ads data is refused (R33): it would pass for complete and is not."""

from __future__ import annotations

from datapilot_domain.reasons.reason import reason

ADS = (
    reason(
        "ADS_TRUNCATED", "file", "O arquivo termina antes da hora: foi cortado.",
        "The file ends early: it was cut.",
        "Envie de novo; se o erro se repetir, extraia de novo.", "Send it again; if that fails too, extract it again.",
    ),
    reason(
        "ADS_JSON_BROKEN", "file", "O JSON está malformado.", "The JSON is malformed.",
        "Envie a resposta da plataforma como ela veio.", "Send the platform's response as it came.",
    ),
    reason(
        "ADS_CSV_BROKEN", "file", "A tabela do conector está malformada.", "The connector's table is malformed.",
        "Exporte a tabela de novo como CSV em UTF-8, com cabeçalho.",
        "Export the table again as CSV in UTF-8, with its header.",
    ),
    reason(
        "ADS_TABLE_UNCLEAR", "file", "A tabela pode ser de ações ou dos valores delas: as colunas são as mesmas.",
        "The table may be of actions or of their values: the columns are the same.",
        "Dê ao arquivo o nome da tabela, como basic_ad_actions.csv ou basic_ad_action_values.csv.",
        "Name the file as the table, as in basic_ad_actions.csv or basic_ad_action_values.csv.",
    ),
    reason(
        "ADS_ERROR_BODY", "file", "A plataforma respondeu com um erro em vez de dados.",
        "The platform answered with an error instead of data.",
        "Resolva o erro na conexão com a plataforma e extraia de novo.",
        "Mend the error in the connection with the platform and extract again.",
    ),
    reason(
        "ADS_MULTI_DAY", "file", "Há linhas que somam vários dias.", "Some rows add up several days.",
        "Extraia por dia: time_increment=1 na Meta, segments.date no Google.",
        "Extract by day: time_increment=1 of Meta, segments.date of Google.",
    ),
    reason(
        "ADS_NOT_DAILY_ROW", "file", "Há um objeto que não é a linha diária de uma conta, campanha, grupo ou anúncio.",
        "An object is no daily row of an account, campaign, ad group or ad.",
        "Extraia só as linhas por dia, sem resumos, com os ids como inteiros ou texto.",
        "Extract the daily rows alone, without summaries, with ids as integers or text.",
    ),
    reason(
        "ADS_ACCOUNT_MISSING", "file", "Há linhas que não dizem de que conta de anúncios são.",
        "Some rows do not say of which ad account they are.",
        "Peça também o campo account_id (Meta) ou customer.id (Google); de tabelas que não o têm, declare a conta da"
        " origem.",
        "Ask for the field account_id (Meta) or customer.id (Google) too; of tables without it, declare the account of"
        " the source.",
    ),
    reason(
        "ADS_ACCOUNT_DIFFERS", "file", "A mesma conta aparece com duas moedas ou dois fusos horários.",
        "One account comes with two currencies or two time zones.",
        "Extraia de novo, uma conta por arquivo.", "Extract again, one account per file.",
    ),
    reason(
        "ADS_KEY_REPEATED", "file", "Duas linhas da mesma entidade e dia têm valores diferentes.",
        "Two rows of one entity and day have different values.",
        "Extraia de novo; inclua o segmento que distingue as linhas, e cada página uma só vez.",
        "Extract again; include the segment that tells the rows apart, and each page once.",
    ),
    reason(
        "ADS_EMPTY", "file", "O arquivo não tem nenhuma linha, e por isso não diz que dias cobre.",
        "The file has no row, and so does not say which days it covers.",
        "Nada a fazer se a conta não veiculou anúncios; senão, confira o período e os filtros da extração.",
        "Nothing to do if the account ran no ads; else check the period and filters of the extraction.",
    ),
    reason(
        "ADS_DATE_OUTSIDE", "file", "Há um dia fora do calendário.", "A day is outside the calendar.",
        "Confira o período da extração.", "Check the period of the extraction.",
    ),
    reason(
        "ADS_MIXED", "file", "O arquivo mistura duas plataformas.", "The file mixes two platforms.",
        "Envie um arquivo para cada plataforma.", "Send one file for each platform.",
    ),
    reason(
        "ADS_PAGES_APART", "file", "As páginas dentro do arquivo não se seguem: falta uma entre elas.",
        "The pages in the file do not follow one another: one between them is missing.",
        "Envie cada página em seu arquivo, na mesma chamada.", "Send each page as its own file, in one call.",
    ),
)  # fmt: skip
