"""Settings: the environment, `_FILE` twins, secrets that show nowhere."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.settings import Settings, SettingsError

CANARY = "canary-value-nobody-may-see"
S3 = {
    "DATAPILOT_STORE": "s3://bucket/some/prefix/",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9000",
    "S3_ACCESS_KEY_ID": "reader",
    "S3_SECRET_ACCESS_KEY": CANARY,
}


def test_nothing_has_to_be_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.home == tmp_path / ".datapilot"
    assert settings.store_root == str(tmp_path / ".datapilot" / "store")
    assert settings.dagster_home == tmp_path / ".datapilot" / "dagster"
    assert settings.first_month == "2018-01"
    assert settings.delta_storage_options() == {}
    assert settings.llm_host is None
    assert not any(tmp_path.iterdir())


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_environment({"SPARK_REMOTE": "", "S3_REGION": ""}) == Settings.from_environment({})


# A value that is not the default, for each setting that does not take any text.
VALUES = {
    "SPARK_REMOTE": "sc://host:15002/;token=secret",
    "DATAPILOT_SPARK_MASTER": "spark://host:7077",
    "DATAPILOT_CONCURRENT_RUNS": "9",
    "DATAPILOT_FIRST_MONTH": "2019-07",
    "DATAPILOT_CUSTOMER_SECRET": CANARY,
    "S3_ENDPOINT_URL": "https://store.example",
    "S3_ROLE_ARN": "arn:aws:iam::123456789012:role/reader",
    "DATAPILOT_WEBHOOK_TOKEN": CANARY,
    "DATAPILOT_UI_URL": "https://ui.example",
    "NEO4J_URI": "neo4j+s://graph.example:7687",
    "DATAPILOT_POSTGRES_URL": f"postgresql://reader:{CANARY}@database.example/datapilot",
    "DATAPILOT_SERVING_URL": f"postgresql://reader:{CANARY}@database.example/serving",
    "DATAPILOT_EXPORTS": "xlsx, csv",
    "LLM_BASE_URL": "https://model.example/v1",
    "LLM_TIMEOUT_SECONDS": "1.5",
    "LLM_MAX_OUTPUT_TOKENS": "100",
    "LLM_TOKENS_PARAMETER": "max_tokens",
    "LLM_PRICE_INPUT": "0.15",
    "LLM_PRICE_CACHED_INPUT": "0.075",
    "LLM_PRICE_OUTPUT": "0.60",
    "LLM_BUDGET": "2",
    "LLM_TOKEN_BUDGET": "1000",
}
# What each of these is of no use without.
COMPANIONS = {
    "S3_ACCESS_KEY_ID": ["S3_SECRET_ACCESS_KEY"],
    "S3_SECRET_ACCESS_KEY": ["S3_ACCESS_KEY_ID"],
    "S3_SESSION_TOKEN": ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"],
    "NEO4J_URI": ["NEO4J_PASSWORD"],
    "LLM_BASE_URL": ["LLM_MODEL"],
    "LLM_MODEL": ["LLM_BASE_URL"],
    "LLM_PRICE_INPUT": ["LLM_PRICE_OUTPUT"],
    "LLM_PRICE_OUTPUT": ["LLM_PRICE_INPUT"],
    "LLM_PRICE_CACHED_INPUT": ["LLM_PRICE_INPUT", "LLM_PRICE_OUTPUT"],
    "LLM_BUDGET": ["LLM_PRICE_INPUT", "LLM_PRICE_OUTPUT"],
}


def test_each_setting_can_come_from_a_file(tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        name = str(field.alias)
        value = VALUES.get(name, "64m")
        file = tmp_path / name
        file.write_text(f"{value}\n")
        companions = {other: VALUES.get(other, "x") for other in COMPANIONS.get(name, [])}
        by_file = Settings.from_environment({f"{name}_FILE": str(file), **companions})
        by_value = Settings.from_environment({name: value, **companions})
        assert by_file == by_value
        assert getattr(by_file, _field_name(name)) != getattr(Settings.from_environment({}), _field_name(name))


def _field_name(alias: str) -> str:
    return next(name for name, field in Settings.model_fields.items() if field.alias == alias)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"S3_REGION": "a", "S3_REGION_FILE": "/b"}, "S3_REGION and S3_REGION_FILE are both set"),
        ({"SPARK_REMOTE": "local[*]"}, "SPARK_REMOTE: .*must be sc://host:port"),
        ({"DATAPILOT_SPARK_MASTER": "mesos://host"}, "DATAPILOT_SPARK_MASTER: "),
        ({"DATAPILOT_CONCURRENT_RUNS": "0"}, "DATAPILOT_CONCURRENT_RUNS: "),
        ({"SPARK_REMOTE_FILE": "/does/not/exist"}, "SPARK_REMOTE_FILE: cannot read /does/not/exist"),
        ({"DATAPILOT_FIRST_MONTH": "2018-13"}, "DATAPILOT_FIRST_MONTH"),
        ({"DATAPILOT_STORE": "gs://bucket"}, "DATAPILOT_STORE"),
        ({"DATAPILOT_STORE": "s3://bucket/../other"}, "DATAPILOT_STORE"),
        ({"S3_ACCESS_KEY_ID": "a"}, "S3_SECRET_ACCESS_KEY"),
        ({"S3_SESSION_TOKEN": "t"}, "S3_SESSION_TOKEN: set S3_ACCESS_KEY_ID"),
        ({"NEO4J_URI": "http://host:7474", "NEO4J_PASSWORD": "p"}, "NEO4J_URI"),
        ({"NEO4J_URI": "bolt://user:word@host", "NEO4J_PASSWORD": "p"}, "NEO4J_URI"),
        ({"NEO4J_URI": "bolt://host:7687"}, "NEO4J_PASSWORD"),
        ({"DATAPILOT_POSTGRES_URL": "mysql://host/db"}, "DATAPILOT_POSTGRES_URL"),
        ({"DATAPILOT_SERVING_URL": "mysql://host/db"}, "DATAPILOT_SERVING_URL"),
        ({"DATAPILOT_POSTGRES_URL": "postgresql://user:word@host"}, "DATAPILOT_POSTGRES_URL"),
        (
            {"DATAPILOT_EXPORTS": "csv,pdf"},
            "DATAPILOT_EXPORTS: .*'pdf': must be a comma list of csv, json, parquet, xlsx",
        ),
        ({"DATAPILOT_EXPORTS": ","}, "DATAPILOT_EXPORTS: "),
        ({"DATAPILOT_CUSTOMER_SECRET": "short"}, "DATAPILOT_CUSTOMER_SECRET"),
        ({"LLM_BASE_URL": "ftp://host", "LLM_MODEL": "m"}, "LLM_BASE_URL.*http"),
        ({"LLM_BASE_URL": "https://user:word@host", "LLM_MODEL": "m"}, "LLM_BASE_URL.*LLM_API_KEY"),
        ({"LLM_BASE_URL": "https://host/v1?key=1", "LLM_MODEL": "m"}, "LLM_BASE_URL.*LLM_API_KEY"),
        ({"LLM_BASE_URL": "https://host:port", "LLM_MODEL": "m"}, "LLM_BASE_URL"),
        ({"LLM_BASE_URL": "https://host"}, "LLM_MODEL"),
        ({"LLM_MODEL": "m"}, "LLM_BASE_URL"),
        ({"LLM_API_KEY": "chave-é"}, "LLM_API_KEY"),
        ({"DATAPILOT_WEBHOOK_TOKEN": "chave-de-dezesseis-letras-é"}, "DATAPILOT_WEBHOOK_TOKEN"),
        ({"DATAPILOT_WEBHOOK_TOKEN": "short"}, "DATAPILOT_WEBHOOK_TOKEN"),
        ({"LLM_TOKENS_PARAMETER": "tokens"}, "LLM_TOKENS_PARAMETER.*max_completion_tokens"),
        ({"LLM_PRICE_INPUT": "1"}, "LLM_PRICE_OUTPUT"),
        ({"LLM_PRICE_INPUT": "-1", "LLM_PRICE_OUTPUT": "1"}, "LLM_PRICE_INPUT"),
        ({"LLM_PRICE_CACHED_INPUT": "1"}, "set LLM_PRICE_INPUT"),
        ({"LLM_BUDGET": "5"}, "LLM_BUDGET.*set LLM_PRICE_INPUT"),
        ({"LLM_BUDGET": "NaN", "LLM_PRICE_INPUT": "1", "LLM_PRICE_OUTPUT": "1"}, "LLM_BUDGET"),
        ({"LLM_TIMEOUT_SECONDS": "0"}, "LLM_TIMEOUT_SECONDS"),
    ],
)
def test_an_unusable_setting_names_its_variable(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings.from_environment(environment)


def test_a_session_token_goes_to_every_engine() -> None:
    settings = Settings.from_environment({**S3, "S3_SESSION_TOKEN": "token"})
    assert settings.s3_credentials()["AWS_SESSION_TOKEN"] == "token"
    assert settings.delta_storage_options()["AWS_SESSION_TOKEN"] == "token"
    assert s3_client(settings)._request_signer._credentials.token == "token"
    assert "AWS_SESSION_TOKEN" not in Settings.from_environment(S3).s3_credentials()


def test_no_secret_is_shown() -> None:
    settings = Settings.from_environment(
        {
            **S3,
            "S3_SESSION_TOKEN": CANARY,
            "DATAPILOT_CUSTOMER_SECRET": CANARY,
            "SPARK_REMOTE": f"sc://host/;token={CANARY}",
            "LLM_API_KEY": CANARY,
        }
    )
    assert CANARY not in f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"
    with pytest.raises(SettingsError) as error:
        Settings.from_environment({"S3_SECRET_ACCESS_KEY": CANARY})
    assert CANARY not in str(error.value)
    with pytest.raises(SettingsError) as unsendable:
        Settings.from_environment({"LLM_API_KEY": f"{CANARY} {CANARY}"})
    assert CANARY not in str(unsendable.value)
    with pytest.raises(ValidationError) as invalid:
        Settings.model_validate({"S3_SECRET_ACCESS_KEY": CANARY})
    assert CANARY[-6:] not in str(invalid.value)  # pydantic shows both ends of a long input


def test_each_engine_gets_its_spelling_of_a_table() -> None:
    folder = Settings(home=Path("/data"))
    assert folder.table_uri("org_id=acme/silver/sales", "spark") == "/data/store/org_id=acme/silver/sales"
    bucket = Settings.from_environment(S3)
    assert bucket.table_uri("org_id=acme/x", "delta-rs") == "s3://bucket/some/prefix/org_id=acme/x"
    assert bucket.table_uri("org_id=acme/x", "spark") == "s3a://bucket/some/prefix/org_id=acme/x"


def test_delta_on_s3_commits_by_conditional_put() -> None:
    options = Settings.from_environment(S3).delta_storage_options()
    assert options["AWS_CONDITIONAL_PUT"] == "etag"
    assert options["AWS_SECRET_ACCESS_KEY"] == CANARY
    assert options["AWS_ALLOW_HTTP"] == "true"


def test_an_organization_key_depends_on_secret_and_organization_only(tmp_path: Path) -> None:
    def key(secret: str, org: str, home: str) -> bytes:
        environment = {"DATAPILOT_CUSTOMER_SECRET": secret, "DATAPILOT_HOME": str(tmp_path / home)}
        return Settings.from_environment(environment).organization_key(org)

    assert key("a" * 16, "acme", "1") == key("a" * 16, "acme", "2")
    assert len({key("a" * 16, "acme", "1"), key("b" * 16, "acme", "1"), key("a" * 16, "beta", "1")}) == 3
    assert not (tmp_path / "1").exists()


def test_a_missing_customer_secret_is_made_once_even_in_a_race(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(lambda _: settings.organization_key("acme"), range(64)))
    assert len(keys) == 1
    kept = tmp_path / "secrets" / "customer_secret"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert os.listdir(kept.parent) == ["customer_secret"]
    kept.write_text("")
    with pytest.raises(SettingsError, match="is empty"):
        settings.organization_key("acme")
