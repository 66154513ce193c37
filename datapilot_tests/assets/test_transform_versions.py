"""A refinement whose code changes must raise its version, or unchanged fingerprints would keep the old figures.

The snapshot beside this file holds, per table, the version and a hash of everything that computes it: the source
of its module and of every pipeline module that it imports, and the columns and rules of its contract.

    python -m datapilot_tests.assets.test_transform_versions --update [--same-output]
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

import pytest

from datapilot_assets.landing.ads.decode import DECODER_VERSION as ADS_DECODER_VERSION
from datapilot_assets.landing.decode import DECODER_VERSION
from datapilot_domain.contracts import CONTRACTS
from datapilot_domain.contracts.sales import SALES_RULES
from datapilot_domain.contracts.sales_gold import ADDITIVE_NAMES, DIMENSIONS
from datapilot_domain.contracts.table import TableContract

ROOT = Path(__file__).parents[2]
SNAPSHOT = Path(__file__).with_name("transform_versions.json")
COMMAND = "python -m datapilot_tests.assets.test_transform_versions --update"
# What a change of these modules computes differently, by family and layer. Merge rules decide which rows silver has.
ENTRY_MODULES = {
    ("sales", "bronze"): ("landing/decode.py",),
    ("sales", "silver"): ("silver/sales.py", "landing/effects.py"),
    ("sales", "gold"): ("gold/{table}.py",),
    ("ads", "bronze"): ("landing/ads/decode.py",),
    ("ads", "silver"): ("silver/ads_insights.py", "landing/ads/ledger.py"),
    ("ads", "gold"): ("gold/{table}.py",),
    ("marketing", "gold"): ("gold/{table}.py",),
    ("insights", "insights"): tuple(f"insights/{name}.py" for name in ("find", "choose", "offline", "verify")),
}
# Beside these: a table that is computed from another one in the same step.
COMPUTED_FROM = {"gold.product_centrality": ("gold/product_affinity.py",)}
# What the domain says that decides figures, beside the contract itself: landing reads statuses and kinds of events,
# and asks silver's rules which lines will stand.
WORDS = {
    ("sales", "bronze"): [
        *(
            (ROOT / "datapilot_domain" / "contracts" / name).read_text("utf-8")
            for name in ("sales_kinds.py", "sales_status.py")
        ),
        *(rule.model_dump() for rule in SALES_RULES),
    ],
    ("sales", "gold"): [DIMENSIONS, ADDITIVE_NAMES],
    ("ads", "silver"): [(ROOT / "datapilot_domain" / "extractions.py").read_text("utf-8")],
    ("insights", "insights"): [
        path.read_text("utf-8") for path in sorted((ROOT / "datapilot_domain" / "insights").glob("*.py"))
    ],
}
DECODERS = {"sales": DECODER_VERSION, "ads": ADS_DECODER_VERSION}


class Recorded(TypedDict):
    version: int
    sha256: str


Versions = Mapping[str, Recorded]


def imported_modules(*entries: Path, package: str = "datapilot_assets") -> list[Path]:
    """The entry files and every file of the package that they import, directly or not; sorted."""
    found: set[Path] = set()
    waiting = list(entries)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                module = ROOT / Path(*name.split(".")).with_suffix(".py")
                if name.split(".")[0] == package and module.exists():
                    waiting.append(module)
    return sorted(found)


def computed_by(contract: TableContract) -> list[Path]:
    entries = ENTRY_MODULES[contract.family, contract.layer]
    if contract.scope == "organization":
        entries = (f"{contract.layer}/{contract.table}.py",)
    entries += COMPUTED_FROM.get(contract.id, ())
    return imported_modules(*(ROOT / "datapilot_assets" / entry.format(table=contract.table) for entry in entries))


def current_versions() -> dict[str, Recorded]:
    found: dict[str, Recorded] = {}
    for contract in CONTRACTS.values():
        seen = hashlib.sha256()
        for path in computed_by(contract):
            seen.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        columns = [column.model_dump(exclude={"description"}) for column in contract.columns]
        rules = [rule.model_dump() for rule in contract.rules]
        seen.update(
            json.dumps(
                [columns, contract.key, rules, WORDS.get((contract.family, contract.layer))], sort_keys=True
            ).encode()
        )
        version = DECODERS[contract.family] if contract.layer == "bronze" else contract.version
        found[contract.id] = {"version": version, "sha256": seen.hexdigest()}
    return found


def unversioned_changes(recorded: Versions, current: Versions) -> list[str]:
    """Tables whose code changed although their version did not rise, or whose version fell."""
    return [
        table
        for table, now in current.items()
        if table in recorded
        and (now["version"], now["sha256"]) != (recorded[table]["version"], recorded[table]["sha256"])
        and now["version"] <= recorded[table]["version"]
    ]


def refusal(recorded: Versions, current: Versions, same_output: bool) -> str | None:
    """Why the snapshot must not be updated."""
    fallen = [t for t, now in current.items() if t in recorded and now["version"] < recorded[t]["version"]]
    if fallen:
        return f"the version of {', '.join(fallen)} is lower than before"
    if not same_output and (changed := unversioned_changes(recorded, current)):
        return (
            f"the code of {', '.join(changed)} changed and the version did not: raise it (contract `version`, for"
            " bronze DECODER_VERSION), or say --same-output when every row stays the same"
        )
    return None


def recorded_versions() -> dict[str, Recorded]:
    found: dict[str, Recorded] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    return found


def test_code_and_versions_are_the_recorded_ones() -> None:
    recorded, current = recorded_versions(), current_versions()
    problem = refusal(recorded, current, same_output=False)
    assert problem is None, f"{problem}; then: {COMMAND}"
    assert recorded == current, f"versions rose or tables came: {COMMAND}"


BEFORE: dict[str, Recorded] = {"a": {"version": 2, "sha256": "x"}, "b": {"version": 1, "sha256": "y"}}


@pytest.mark.parametrize(
    ("change", "same_output", "word"),
    [
        ({}, False, None),
        ({"a": {"version": 2, "sha256": "z"}}, False, "of a changed"),
        ({"a": {"version": 2, "sha256": "z"}}, True, None),
        ({"a": {"version": 3, "sha256": "z"}}, False, None),
        ({"a": {"version": 3, "sha256": "x"}}, False, None),
        ({"a": {"version": 1, "sha256": "z"}}, True, "lower"),
        ({"new": {"version": 1, "sha256": "z"}}, False, None),
        ({"a": {"version": 3, "sha256": "z"}, "b": {"version": 1, "sha256": "z"}}, False, "of b changed"),
    ],
)
def test_a_changed_source_needs_a_higher_version(change: Versions, same_output: bool, word: str | None) -> None:
    found = refusal(BEFORE, {**BEFORE, **change}, same_output)
    assert (found is None) if word is None else (word in (found or ""))


def test_a_table_is_computed_by_its_own_modules_and_what_they_import() -> None:
    def names(table: str) -> set[str]:
        return {path.relative_to(ROOT / "datapilot_assets").as_posix() for path in computed_by(CONTRACTS[table])}

    assert {"landing/decode.py", "landing/units.py", "landing/spool.py"} <= names("bronze.sales")
    assert {"silver/sales.py", "silver/amounts.py", "landing/effects.py", "conform.py"} <= names("silver.sales")
    assert {"gold/sales_month.py", "gold/measures.py"} <= names("gold.sales_month")
    assert "gold/sales_month.py" not in names("gold.sales_daily")
    assert "silver/sales.py" not in names("gold.sales_month") | names("bronze.sales")
    # Every file of these layers computes some table.
    computing = {path for contract in CONTRACTS.values() for path in computed_by(contract)}
    for layer in ("silver", "gold"):
        files = (ROOT / "datapilot_assets" / layer).glob("*.py")
        assert {path for path in files if path.name != "__init__.py"} <= computing


def main(arguments: list[str]) -> str:
    parser = argparse.ArgumentParser(description="Record versions and sources of the refinements.")
    parser.add_argument("--update", action="store_true", required=True)
    parser.add_argument("--same-output", action="store_true", help="the changed code writes the same rows as before")
    options = parser.parse_args(arguments)
    current = current_versions()
    problem = refusal(recorded_versions() if SNAPSHOT.exists() else {}, current, options.same_output)
    if problem:
        parser.error(problem)
    SNAPSHOT.write_text(json.dumps(current, indent=2) + "\n", encoding="utf-8")
    return f"{len(current)} tables recorded\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]))
