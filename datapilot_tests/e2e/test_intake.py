"""Intake under stress: races, senders that are still writing, crashes, bad neighbours."""

from __future__ import annotations

import datetime as dt
import hashlib
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from datapilot_assets.landing.inbox import parse_inbox_key
from datapilot_assets.landing.intake import FileStillChanging, land
from datapilot_assets.runs import IntakeFailed, run_intake
from datapilot_domain.landing import Verdict
from datapilot_domain.organizations import OrgId
from datapilot_resources.lakehouse import Lakehouse, WriteConflict
from datapilot_resources.platform import Platform
from datapilot_resources.settings import Settings
from datapilot_tests.workbench import Workbench, sample

NOW = dt.datetime(2026, 1, 5, 12, tzinfo=dt.timezone.utc)


def _land(home: str, key: str) -> str:
    platform = Platform(Settings(home=Path(home)))
    inbox_file = parse_inbox_key(key)
    claim = platform.store.claim(key)
    return land(platform, platform.registry.get(inbox_file.org), inbox_file, claim, NOW, "race").verdict.value


def test_the_same_bytes_taken_in_by_four_processes_at_once_give_one_entry(workbench: Workbench) -> None:
    org = workbench.add("race")
    keys = [f"inbox/org_id=race/copy{n}.csv" for n in range(4)]
    for key in keys:
        workbench.platform.store.write_file(key, sample("2024-01", "english"))
    home = str(workbench.platform.settings.home)
    with get_context("spawn").Pool(4) as pool:
        verdicts = pool.starmap(_land, [(home, key) for key in keys])
    assert sorted(verdicts) == ["accepted", *["already_loaded"] * 3]
    assert len(workbench.platform.lakehouse.landing_log(org).entries) == 1
    assert len(workbench.rows("bronze.sales", "race")) == 34
    assert workbench.platform.store.list("inbox") == []


def test_different_files_of_one_organization_at_once_are_all_in_the_log(workbench: Workbench) -> None:
    org = workbench.add("queue")
    keys = []
    for month in ("2024-01", "2024-02", "2024-03"):
        keys.append(f"inbox/org_id=queue/{month}.csv")
        workbench.platform.store.write_file(keys[-1], sample(month, "english"))
    home = str(workbench.platform.settings.home)
    with get_context("spawn").Pool(3) as pool:
        verdicts = pool.starmap(_land, [(home, key) for key in keys])
    assert verdicts == ["accepted"] * 3
    assert [entry.seq for entry in workbench.platform.lakehouse.landing_log(org).entries] == [1, 2, 3]


def test_a_file_that_is_overwritten_while_it_is_read_is_not_lost(workbench: Workbench) -> None:
    workbench.add("writer")
    store, key = workbench.platform.store, "inbox/org_id=writer/vendas.csv"
    store.write_file(key, sample("2024-01", "english"))
    claim = store.claim(key)
    store.write_file(key, sample("2024-02", "english"))
    first = land(workbench.platform, workbench.platform.registry.get("writer"), parse_inbox_key(key), claim, NOW, "r")
    assert first.verdict is Verdict.ACCEPTED
    assert [info.key for info in store.list("inbox")] == [key]
    (second,) = run_intake(workbench.platform, [key])
    assert (second.verdict, second.entry.records) == (Verdict.ACCEPTED, 27)


def test_a_sender_who_still_writes_is_waited_for(workbench: Workbench) -> None:
    workbench.add("slow")
    store, key = workbench.platform.store, "inbox/org_id=slow/vendas.csv"
    store.write_file(key, sample("2024-01", "english"))
    claim = store.claim(key)
    with Path(workbench.platform.settings.store_root, claim.key).open("ab") as handle:
        handle.write(b"1,1,2024")
    with pytest.raises(FileStillChanging):
        land(workbench.platform, workbench.platform.registry.get("slow"), parse_inbox_key(key), claim, NOW, "r")
    del claim  # its process is done with it
    assert workbench.platform.lakehouse.landing_log(OrgId("slow")).entries == ()
    (later,) = run_intake(workbench.platform, [])
    assert (later.verdict, later.entry.records) == (Verdict.ACCEPTED, 35)


def test_a_crash_before_the_log_leaves_nothing_visible_and_the_next_intake_finishes(workbench: Workbench) -> None:
    workbench.add("crash")
    key = "inbox/org_id=crash/vendas.csv"
    workbench.platform.store.write_file(key, sample("2024-01", "english"))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("datapilot_resources.lakehouse.Lakehouse.append_if", _crash)
        with pytest.raises(IntakeFailed, match="the machine went away"):
            run_intake(workbench.platform, [key])
    assert workbench.status("crash") == []
    (result,) = run_intake(workbench.platform, [])
    assert (result.file, result.verdict) == ("vendas.csv", Verdict.ACCEPTED)
    assert len(workbench.rows("bronze.sales", "crash")) == 34
    assert workbench.platform.store.list("claimed") == []


def _crash(*_: object) -> bool:
    raise RuntimeError("the machine went away")


@pytest.mark.rule("R1")
def test_one_bad_file_stops_no_other(workbench: Workbench) -> None:
    workbench.add("neighbour")
    keys = ["inbox/org_id=neighbour/bad.csv", "inbox/org_id=unregistered/a.csv", "inbox/org_id=neighbour/good.csv"]
    workbench.platform.store.write(keys[0], b"<html>not a table</html>")
    workbench.platform.store.write(keys[1], b"a")
    workbench.platform.store.write_file(keys[2], sample("2024-01", "english"))
    with pytest.raises(IntakeFailed) as failed:
        run_intake(workbench.platform, keys)
    assert [(one.file, one.verdict, one.reason) for one in failed.value.landed] == [
        ("bad.csv", Verdict.REFUSED, "NOT_A_TABLE"),
        ("good.csv", Verdict.ACCEPTED, None),
    ]
    assert "unregistered" in failed.value.errors[0]
    assert workbench.platform.store.exists(keys[1]), "what nobody may take stays where it is"
    bad = failed.value.landed[0]
    assert workbench.platform.store.exists(f"org_id=neighbour/landing/files/{bad.sha256}/content")


@pytest.mark.rule("R3")
@pytest.mark.reason("REPLACED_FILE_UNKNOWN")
def test_a_replacement_that_names_no_file_is_refused(workbench: Workbench) -> None:
    workbench.add("typo")
    workbench.land("typo", sample("2024-01", "english"))
    (result,) = workbench.land("typo", sample("2024-02", "english"), replaces="no_such.csv")
    assert (result.verdict, result.reason) == (Verdict.REFUSED, "REPLACED_FILE_UNKNOWN")
    assert sample("2024-01", "english").name in result.line


@pytest.mark.reason("DECLARATION_INVALID")
@pytest.mark.parametrize(
    ("org", "folder"),
    [("thirteen", "complete=2024-13"), ("early", "complete=2015-01"), ("both", "complete=2024-01/replaces=a.csv")],
)
def test_a_declaration_that_says_nothing_possible_is_refused_and_the_bytes_are_kept(
    workbench: Workbench, org: str, folder: str
) -> None:
    workbench.add(org)
    key = f"inbox/org_id={org}/{folder}/a.csv"
    workbench.platform.store.write_file(key, sample("2024-01", "english"))
    (result,) = run_intake(workbench.platform, [key])
    assert (result.verdict, result.reason) == (Verdict.REFUSED, "DECLARATION_INVALID")
    assert workbench.platform.store.exists(f"org_id={org}/landing/files/{result.sha256}/content")


def test_a_bronze_write_that_meets_another_is_decided_again(workbench: Workbench) -> None:
    """Two intakes of the same bytes write the same rows: the loser must not leave its file behind."""
    workbench.add("meeting")
    write, met = Lakehouse.replace_content, []

    def meets_another(self: Lakehouse, *arguments: Any) -> int:
        met.append(arguments)
        if len(met) == 1:
            raise WriteConflict("somebody was faster")
        return write(self, *arguments)

    with pytest.MonkeyPatch.context() as busy:
        busy.setattr(Lakehouse, "replace_content", meets_another)
        (result,) = workbench.land("meeting", sample("2024-01", "english"))
    assert (result.verdict, len(met)) == (Verdict.ACCEPTED, 2)
    assert workbench.platform.store.list("claimed") == []


@pytest.mark.rule("R1")
@pytest.mark.parametrize("content", [sample("2024-01", "excel_br_cp1252").read_bytes(), b"\xff\x00 no table"])
def test_the_exact_bytes_are_kept_with_name_source_and_time(workbench: Workbench, content: bytes) -> None:
    org = workbench.add(f"bytes{len(content)}")
    (result,) = workbench.land(org, ("Relatório de Vendas.csv", content), source="shopee")
    kept = workbench.platform.store.read(f"org_id={org}/landing/files/{result.sha256}/content")
    assert (kept, hashlib.sha256(kept).hexdigest()) == (content, result.sha256)
    (entry,) = workbench.platform.lakehouse.landing_log(org).entries
    assert (entry.org_id, entry.file, entry.source) == (org, "Relatório de Vendas.csv", "shopee")
    assert entry.arrived_at.tzinfo is not None
