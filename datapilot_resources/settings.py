"""Settings: the environment, read once. Nothing has to be set; the default is a folder and a local Spark."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from datapilot_domain.exports import ExportFormat, parse_formats

Engine = Literal["delta-rs", "spark"]
TokensParameter = Literal["max_tokens", "max_completion_tokens"]

_MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
_SPARK_MASTER = r"^(local(\[[*0-9, ]+\])?|spark://\S+|k8s://\S+|yarn)$"


class SettingsError(ValueError):
    """A setting cannot be used; the message names the variable and the remedy."""


class Settings(BaseModel):
    """Each setting is an environment variable (its alias); `<variable>_FILE` reads it from a file instead."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    home: Path = Field(default=Path(".datapilot"), alias="DATAPILOT_HOME", validate_default=True)
    store: str | None = Field(default=None, alias="DATAPILOT_STORE", description="folder or s3://bucket/prefix")
    first_month: str = Field(default="2018-01", alias="DATAPILOT_FIRST_MONTH", pattern=_MONTH)
    customer_secret: SecretStr | None = Field(default=None, alias="DATAPILOT_CUSTOMER_SECRET", min_length=16)
    s3_endpoint_url: str | None = Field(default=None, alias="S3_ENDPOINT_URL", pattern=r"^https?://")
    s3_access_key_id: str | None = Field(default=None, alias="S3_ACCESS_KEY_ID")
    s3_secret_access_key: SecretStr | None = Field(default=None, alias="S3_SECRET_ACCESS_KEY")
    s3_session_token: SecretStr | None = Field(default=None, alias="S3_SESSION_TOKEN")  # of credentials that end
    s3_role_arn: str | None = Field(default=None, alias="S3_ROLE_ARN", min_length=20)  # of session credentials
    s3_region: str = Field(default="us-east-1", alias="S3_REGION")
    # Secret because a Spark Connect address may carry `;token=…`.
    spark_remote: SecretStr | None = Field(default=None, alias="SPARK_REMOTE")
    spark_memory: str = Field(default="2g", alias="DATAPILOT_SPARK_MEMORY", pattern=r"^[1-9]\d*[mg]$")
    # Of the JVMs that we start: embedded sessions and Spark Connect servers.
    spark_master: str = Field(default="local[*]", alias="DATAPILOT_SPARK_MASTER", pattern=_SPARK_MASTER)
    # With SPARK_REMOTE; embedded it is one.
    concurrent_runs: int = Field(default=4, alias="DATAPILOT_CONCURRENT_RUNS", ge=1, le=64)
    neo4j_uri: str | None = Field(default=None, alias="NEO4J_URI", pattern=r"^(bolt|neo4j)(\+s|\+ssc)?://[^/?#@]+$")
    neo4j_user: str = Field(default="neo4j", alias="NEO4J_USER")
    neo4j_password: SecretStr | None = Field(default=None, alias="NEO4J_PASSWORD")
    # Secret because the addresses carry passwords.
    postgres_url: SecretStr | None = Field(default=None, alias="DATAPILOT_POSTGRES_URL")
    serving_url: SecretStr | None = Field(default=None, alias="DATAPILOT_SERVING_URL")
    # What gold is exported as by itself; none: nothing.
    exports: tuple[ExportFormat, ...] = Field(default=(), alias="DATAPILOT_EXPORTS")
    webhook_token: SecretStr | None = Field(default=None, alias="DATAPILOT_WEBHOOK_TOKEN", min_length=16)
    # A YAML file: who hears what, and what is pushed where; None: deliveries.yaml in DATAPILOT_HOME, if it is there.
    deliveries: Path | None = Field(default=None, alias="DATAPILOT_DELIVERIES")
    # Address of the Dagster UI as people reach it, for links in messages.
    ui_url: str | None = Field(default=None, alias="DATAPILOT_UI_URL", pattern=r"^https?://[^\s?#@]+$")
    llm_base_url: str | None = Field(default=None, alias="LLM_BASE_URL", description="an OpenAI-compatible endpoint")
    llm_model: str | None = Field(default=None, alias="LLM_MODEL")
    llm_api_key: SecretStr | None = Field(default=None, alias="LLM_API_KEY")
    llm_timeout_seconds: float = Field(default=60, alias="LLM_TIMEOUT_SECONDS", gt=0, le=3600)  # of one attempt
    llm_max_output_tokens: int = Field(default=4000, alias="LLM_MAX_OUTPUT_TOKENS", gt=0)
    llm_tokens_parameter: TokensParameter | None = Field(default=None, alias="LLM_TOKENS_PARAMETER")
    # US dollars per million tokens.
    llm_price_input: Decimal | None = Field(default=None, alias="LLM_PRICE_INPUT", ge=0)
    llm_price_cached_input: Decimal | None = Field(default=None, alias="LLM_PRICE_CACHED_INPUT", ge=0)
    llm_price_output: Decimal | None = Field(default=None, alias="LLM_PRICE_OUTPUT", ge=0)
    llm_price_version: str | None = Field(default=None, alias="LLM_PRICE_VERSION", description="name of the price list")
    # Both of one organization and partition month; the first in US dollars.
    llm_budget: Decimal | None = Field(default=None, alias="LLM_BUDGET", ge=0)
    llm_token_budget: int = Field(default=200_000, alias="LLM_TOKEN_BUDGET", ge=0)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the variables (default: of this process). An empty variable counts as not set.

        Raises SettingsError naming the variable: value not allowed, file unreadable, or both twins set.
        """
        environment = os.environ if environment is None else environment
        names = [str(field.alias) for field in cls.model_fields.values()]
        try:
            return cls.model_validate({n: v for n in names if (v := _value(environment, n)) is not None})
        except ValidationError as error:
            problems = [": ".join([*map(str, e["loc"]), e["msg"]]) for e in error.errors(include_input=False)]
            raise SettingsError("; ".join(problems)) from None

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("store")
    @classmethod
    def _folder_or_s3(cls, store: str | None) -> str | None:
        if store is None:
            return None
        if store.startswith("s3://"):
            bucket, *prefix = store.removeprefix("s3://").rstrip("/").split("/")
            if not bucket or any(part in ("", ".", "..") for part in prefix):
                raise ValueError("must be s3://bucket or s3://bucket/prefix")
            return store.rstrip("/")
        if "://" in store:
            raise ValueError("must be a folder or s3://bucket/prefix")
        return str(Path(store).expanduser().absolute())

    @field_validator("exports", mode="before")
    @classmethod
    def _comma_list(cls, formats: object) -> object:
        return parse_formats(formats) if isinstance(formats, str) else formats

    @field_validator("spark_remote")
    @classmethod
    def _spark_connect(cls, address: SecretStr | None) -> SecretStr | None:
        if address is None:
            return None
        parts = urlsplit(address.get_secret_value().partition("/;")[0])
        if parts.scheme != "sc" or not parts.hostname or parts.path.strip("/") or parts.port == 0:
            raise ValueError("must be sc://host:port, perhaps followed by /;name=value;…")
        return address

    @field_validator("postgres_url", "serving_url")
    @classmethod
    def _names_a_database(cls, url: SecretStr | None) -> SecretStr | None:
        if url is None:
            return None
        parts = urlsplit(url.get_secret_value())
        if parts.scheme != "postgresql" or not parts.hostname or not parts.path.strip("/"):
            raise ValueError("must be postgresql://user:password@host/database, odd characters as in %40 for @")
        return url

    @field_validator("llm_base_url")
    @classmethod
    def _plain_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError("must be http://host or https://host, as in https://api.openai.com/v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("must hold no user, password, ? or #; give the key as LLM_API_KEY")
        return address.rstrip("/")

    @field_validator("llm_api_key", "webhook_token")
    @classmethod
    def _fits_a_header(cls, key: SecretStr | None) -> SecretStr | None:
        # An HTTP library that cannot send a value shows it in its exception.
        if key is not None and not re.fullmatch(r"[!-~]+", key.get_secret_value()):
            raise ValueError("must be visible ASCII characters without spaces")
        return key

    @model_validator(mode="after")
    def _whole_language_model(self) -> Settings:
        if (self.llm_base_url is None) != (self.llm_model is None):
            raise ValueError("LLM_BASE_URL and LLM_MODEL: set both or neither")
        if (self.llm_price_input is None) != (self.llm_price_output is None):
            raise ValueError("LLM_PRICE_INPUT and LLM_PRICE_OUTPUT: set both or neither")
        if self.llm_price_input is None and self.llm_price_cached_input is not None:
            raise ValueError("LLM_PRICE_CACHED_INPUT: set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT too")
        if self.llm_price_input is None and self.llm_budget is not None:
            raise ValueError("LLM_BUDGET is in dollars: set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT, or LLM_TOKEN_BUDGET")
        return self

    @model_validator(mode="after")
    def _whole_credentials(self) -> Settings:
        if (self.s3_access_key_id is None) != (self.s3_secret_access_key is None):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY: set both or neither")
        if self.s3_session_token is not None and self.s3_access_key_id is None:
            raise ValueError("S3_SESSION_TOKEN: set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY too")
        return self

    @model_validator(mode="after")
    def _whole_graph(self) -> Settings:
        if self.neo4j_uri is not None and self.neo4j_password is None:
            raise ValueError("NEO4J_URI: set NEO4J_PASSWORD too")
        return self

    @property
    def store_root(self) -> str:
        """Absolute folder, or `s3://bucket/prefix`; never ends in a slash."""
        return self.store or str(self.home / "store")

    @property
    def store_is_s3(self) -> bool:
        return self.store_root.startswith("s3://")

    def s3_location(self) -> tuple[str, str]:
        """Bucket, and the prefix of every key: empty, or with a slash at its end. Only of a store on S3."""
        bucket, _, prefix = self.store_root.removeprefix("s3://").partition("/")
        return bucket, f"{prefix}/" if prefix else ""

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def serving(self) -> SecretStr | None:
        """Address of the database that gold is served from; None: serving is off."""
        return self.serving_url or self.postgres_url

    @property
    def llm_host(self) -> str | None:
        """Host of the language model; None: offline."""
        return urlsplit(self.llm_base_url).hostname if self.llm_base_url else None

    def table_uri(self, prefix: str, engine: Engine) -> str:
        """Address of a store-relative prefix such as `org_id=acme/silver/sales`, as that engine spells it."""
        uri = f"{self.store_root}/{prefix}"
        return uri.replace("s3://", "s3a://", 1) if self.store_is_s3 and engine == "spark" else uri

    def s3_credentials(self) -> dict[str, str]:
        """`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if there is one, `AWS_SESSION_TOKEN` in clear.

        {}: the machine's own identity.
        """
        if not self.store_is_s3 or self.s3_access_key_id is None or self.s3_secret_access_key is None:
            return {}
        token = self.s3_session_token
        return {
            "AWS_ACCESS_KEY_ID": self.s3_access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.s3_secret_access_key.get_secret_value(),
            **({"AWS_SESSION_TOKEN": token.get_secret_value()} if token else {}),
        }

    def delta_storage_options(self) -> dict[str, str]:
        """Options for delta-rs, credentials in clear: never log them. {} for a folder."""
        if not self.store_is_s3:
            return {}
        options = {"AWS_REGION": self.s3_region, "AWS_CONDITIONAL_PUT": "etag", **self.s3_credentials()}
        if self.s3_endpoint_url:
            options["AWS_ENDPOINT_URL"] = self.s3_endpoint_url
            options["AWS_ALLOW_HTTP"] = str(self.s3_endpoint_url.startswith("http://")).lower()
        return options

    def organization_key(self, org_id: str) -> bytes:
        """32 bytes for this organization's pseudonyms: HMAC-SHA256 (RFC 2104) of the secret over its id."""
        given = self.customer_secret
        secret = given.get_secret_value().encode() if given else self._kept_secret()
        return hmac.new(secret, org_id.encode(), hashlib.sha256).digest()

    def _kept_secret(self) -> bytes:
        """The random customer secret of this DATAPILOT_HOME, created by whoever asks first."""
        path = self.home / "secrets" / "customer_secret"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile("w", dir=path.parent) as temporary:  # mode 0600
                temporary.write(secrets.token_hex(32))
                temporary.flush()
                os.fsync(temporary.fileno())
                with suppress(FileExistsError):  # another process was first: its secret counts
                    os.link(temporary.name, path)
        secret = path.read_bytes().strip()
        if not secret:
            raise SettingsError(f"{path} is empty; restore it: without it no customer is recognised again")
        return secret


def _value(environment: Mapping[str, str], name: str) -> str | None:
    value, file = environment.get(name) or None, environment.get(f"{name}_FILE") or None
    if file is None:
        return value
    if value is not None:
        raise SettingsError(f"{name} and {name}_FILE are both set; unset one")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problem = f"cannot read {file} ({type(error).__name__})"
        raise SettingsError(f"{name}_FILE: {problem}; name a readable file") from None
