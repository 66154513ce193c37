"""The last step of every refinement: a frame becomes exactly what its contract promises."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from datapilot_domain.contracts import TableContract


def conform(frame: DataFrame, contract: TableContract, fingerprints: DataFrame) -> DataFrame:
    """`frame` with its month's fingerprint, cut to the contract's columns, order and types.

    fingerprints: month string, fingerprint string, one row per month. A month without one keeps its rows,
    with a null that the table refuses: nothing is lost in silence.
    """
    joined = frame.join(F.broadcast(fingerprints.select("month", "fingerprint")), "month", "left")
    return joined.select(*(F.col(column.name).cast(column.type) for column in contract.columns))
