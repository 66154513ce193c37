"""What is wrong with a file of ads data, and what its set lacks."""

from __future__ import annotations

from datapilot_domain.findings.finding import finding

ADS = (
    finding(
        "object_unfit", "objeto {number}, campo {field}: {what}", "object {number}, field {field}: {what}"
    ),
    finding(
        "other_platform", "{platform}; os objetos anteriores são de {before}",
        "{platform}, the objects before are of {before}",
    ),
    finding("day_outside", "{day} não está entre {first} e {last}", "{day} is not in {first} to {last}"),
    finding(
        "no_platform", "não é linha da Meta nem do Google Ads; tem {names!r}",
        "neither a row of Meta insights nor of Google Ads; it has {names!r}",
    ),
    finding(
        "account_differs", "{now!r}; a conta {account} tinha {before!r}",
        "{now!r}, the account {account} had {before!r}",
    ),
    finding("no_id", "{text} não é um identificador", "{text} is no id"),
    finding(
        "account_unnamed", "o objeto não diz de que conta de anúncios é",
        "the object does not say of which ad account it is",
    ),
    finding("no_account", "{text!r} não é uma conta de anúncios", "{text!r} is no ad account"),
    finding("no_day", "{text} não é um dia AAAA-MM-DD", "{text} is no day YYYY-MM-DD"),
    finding(
        "entity_unnamed", "o objeto não nomeia nenhuma entidade: soma outras",
        "the object names no entity: it sums up others",
    ),
    finding("day_not_asked", "o relatório não foi pedido por dia", "the report was not asked for by day"),
    finding("day_unnamed", "o objeto não nomeia nenhum dia", "the object names no day"),
    finding("days_differ", "{last}; date_start é {first}", "{last}, date_start is {first}"),
    finding(
        "objects_differ", "os objetos {number} e {other} são da mesma entidade e do mesmo dia, e diferem",
        "objects {number} and {other} are of one entity and day, and differ",
    ),
    finding("json_place", "linha {line}, coluna {column}", "line {line}, column {column}"),
    finding("json_ends", "o JSON termina antes da hora, em {place}", "the JSON ends early, in {place}"),
    finding("json_broken", "{place}: {fault}; ali está {text!r}", "{place}: {fault}; there is {text!r}"),
    finding(
        "object_too_long", "o objeto em {place} passa de {limit} caracteres",
        "the object in {place} is longer than {limit} characters",
    ),
    finding(
        "bytes_unreadable", "depois de {place}: os bytes {bytes} não são {encoding}",
        "after {place}: the bytes {bytes} are not {encoding}",
    ),
    finding(
        "row_cells", "linha {line}: {count} células; o cabeçalho tem {expected}",
        "line {line}: {count} cells, the header has {expected}",
    ),
    finding("row_broken", "linha {line}: {fault}", "line {line}: {fault}"),
    finding(
        "row_too_long", "a linha {line} passa de {limit} bytes", "the row in line {line} is longer than {limit} bytes"
    ),
    finding(
        "column_twice", "linha 1, coluna {column!r}: outra coluna, ou o que lemos dela, tem o mesmo nome",
        "line 1, column {column!r}: another column, or what is read of it, has the same name",
    ),
    finding(
        "actions_or_values", "o nome {file!r} não diz se são ações (actions) ou seus valores (action_values)",
        "the name {file!r} does not say whether these are actions or action_values",
    ),
    finding(
        "action_unnamed", "a linha não diz o tipo da ação; exporte só as que dizem (action_type IS NOT NULL)",
        "the row names no action type; export only those that do (action_type IS NOT NULL)",
    ),
    finding(
        "table_without_account", "a tabela não tem a coluna account_id, e a origem {source} não declara a conta",
        "the table has no column account_id, and the source {source} declares no account",
    ),
    finding(
        "to_say_account", "para dizer de que conta é a origem (troque {name} pelos dígitos)",
        "to say of which account the source is (replace {name} by its digits)",
    ),
    finding("platform_said", "a plataforma disse: {said}", "the platform said: {said}"),
    finding(
        "pages_apart", "uma página termina no cursor {after!r}, a seguinte no arquivo começa em {before!r}",
        "a page ends at cursor {after!r}, the next one in the file begins at {before!r}",
    ),
    finding(
        "too_many_names", "mais de {limit} contas, segmentações ou tipos de ação",
        "more than {limit} accounts, breakdown sets or action types",
    ),
    finding("too_many_objects", "o limite é de {limit} objetos", "the limit is {limit} objects"),
    finding("no_object", "o arquivo não traz nenhum objeto", "the file holds no object"),
    finding(
        "ads_complete", "dados de anúncios dizem que dias cobrem; tire o complete",
        "ads data say which days they cover; leave complete away",
    ),
    finding("pages_missing", "conta {accounts}: falta {pages}", "account {accounts}: missing {pages}"),
    finding("page_after", "a página depois do cursor {cursor}", "the page after cursor {cursor}"),
    finding("page_before", "a página antes do cursor {cursor}", "the page before cursor {cursor}"),
)  # fmt: skip
