"""The section `power_bi` of the file of deliveries: what is wrong in it is said with its place, and never quoted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from datapilot_domain.contracts import SERVED
from datapilot_domain.organizations import OrgId
from datapilot_resources.deliveries import power_bi_targets
from datapilot_resources.settings import Settings, SettingsError

CANARY = "canary-secret-in-the-wrong-place"
TARGET: dict[str, Any] = {
    "organization": "acme",
    "workspace": "11111111-1111-4111-8111-111111111111",
    "dataset": "22222222-2222-4222-8222-222222222222",
    "token": {"variable": "TOKEN_OF_ACME"},
}
CLIENT = {"token": None, "tenant": "acme.example", "client_id": "app", "client_secret": {"variable": "SECRET_OF_ACME"}}


def settings(home: Path, text: str | None = None) -> Settings:
    home.mkdir(exist_ok=True)
    if text is not None:
        (home / "deliveries.yaml").write_text(text)
    return Settings(home=home)


def file_of(*targets: dict[str, Any]) -> str:
    kept = [{name: value for name, value in target.items() if value is not None} for target in targets]
    return json.dumps({"routes": [], "power_bi": kept})


@pytest.mark.parametrize("text", [None, "", "routes: []\n", "power_bi:\n", "power_bi: []\n"])
def test_without_a_section_there_is_no_target(tmp_path: Path, text: str | None) -> None:
    assert power_bi_targets(settings(tmp_path, text)) == {}


def test_a_target_is_read_and_gold_is_its_default(tmp_path: Path) -> None:
    found = power_bi_targets(settings(tmp_path, file_of(TARGET, {**other("betaltda"), **CLIENT})))
    assert list(found) == ["acme", "betaltda"]
    acme = found[OrgId("acme")]
    assert acme.contracts == tuple(contract for contract in SERVED if contract.layer == "gold")
    assert (acme.base_url, acme.authority) == ("https://api.powerbi.com", "https://login.microsoftonline.com")


def other(org: str, **values: Any) -> dict[str, Any]:
    return {**TARGET, "organization": org, "dataset": "33333333-3333-4333-8333-333333333333", **values}


@pytest.mark.parametrize(
    ("targets", "what"),
    [
        ([{**TARGET, "organization": "../x"}], "0.organization"),
        ([{**TARGET, "workspace": "mine"}], "0.workspace"),
        ([{**TARGET, "dataset": "mine"}], "0.dataset"),
        ([{**TARGET, "tables": ["silver.sales"]}], "no such table: silver.sales"),
        ([{**TARGET, "tables": []}], "at least one table"),
        ([{**TARGET, "base_url": "http://api.powerbi.com"}], "must be https://host"),
        ([{**TARGET, "authority": f"https://{CANARY}@host"}], "no user, password"),
        ([{**TARGET, **CLIENT, "tenant": "../../x"}], "domain of the tenant"),
        ([{**TARGET, **CLIENT, "client_secret": None}], "client_secret, or a token"),
        ([{**TARGET, "tenant": "acme.example"}], "not both"),
        ([{**TARGET, "token": CANARY}], "0.token"),
        ([{**TARGET, "secret": CANARY}], "0.secret"),
        ([TARGET, other("acme")], "the organization acme is named twice"),
        ([TARGET, other("betaltda", dataset=TARGET["dataset"].upper())], f"the dataset {TARGET['dataset']} is named"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, targets: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(SettingsError) as refused:
        power_bi_targets(settings(tmp_path, file_of(*targets)))
    assert what in str(refused.value)
    assert str(tmp_path / "deliveries.yaml") in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"power_bi:\n- a: [{CANARY}\n", "no valid YAML"),
        (f"- {CANARY}\n", "valid dictionary"),
        (f"power_bi: !!python/object:{CANARY} {{}}\n", "no valid YAML"),
    ],
)
def test_a_file_that_is_none_is_not_quoted(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what) as refused:
        power_bi_targets(settings(tmp_path, text))
    assert CANARY not in str(refused.value)


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    named = Settings.from_environment({"DATAPILOT_HOME": str(tmp_path), "DATAPILOT_DELIVERIES": str(tmp_path / "x")})
    with pytest.raises(SettingsError, match="name a readable file"):
        power_bi_targets(named)
    (tmp_path / "x").write_text(file_of(TARGET))
    assert list(power_bi_targets(named)) == ["acme"]


def test_the_example_of_the_documentation_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "power-bi.md").read_text("utf-8")
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (target,) = power_bi_targets(settings(tmp_path, example)).values()
    assert target.tables == ("gold.sales_month", "gold.sales_daily")
    assert target.client_secret is not None
    assert target.client_secret.variable == "ACME_POWER_BI_SECRET"
