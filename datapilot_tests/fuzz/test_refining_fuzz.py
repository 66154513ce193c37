"""The accepted cases, refined together, against the reference model: fates and money to the cent."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from datapilot_tests.fuzz.conftest import Cases, assert_as_predicted
from datapilot_tests.fuzz.refining import differences, refine


@pytest.mark.rule("R10")
@pytest.mark.rule("R15")
@pytest.mark.rule("R16")
@pytest.mark.rule("R17")
@pytest.mark.rule("R18")
@pytest.mark.rule("R19")
@pytest.mark.rule("R20")
@pytest.mark.rule("R21")
@pytest.mark.rule("R22")
def test_every_record_has_one_fate_and_the_money_is_the_models(
    spark: SparkSession, cases: Cases, tmp_path: Path
) -> None:
    assert_as_predicted(cases, partial(differences, refined=refine(spark, cases)), tmp_path)
