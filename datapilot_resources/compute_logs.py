"""What runs print, kept in the store: whoever runs the UI reads it, whichever machine the run was on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_aws.s3 import S3ComputeLogManager

from datapilot_resources.object_store_s3 import s3_client
from datapilot_resources.process_environment import process_environment
from datapilot_resources.settings import Settings

# So much of a run's output, in seconds, is lost when its machine dies.
_UPLOAD_SECONDS = 30


class StoreComputeLogs(S3ComputeLogManager):
    """Dagster's own manager over our client: it takes no credentials, and no server without bucket host names."""

    def __init__(self, settings: Settings, inst_data: ConfigurableClassData | None = None) -> None:
        bucket, prefix = settings.s3_location()
        # The parent makes a client of its own, which without keys asks the cloud's metadata service for some.
        with process_environment({"AWS_EC2_METADATA_DISABLED": "true"}):
            super().__init__(
                bucket=bucket,
                prefix=f"{prefix}dagster",
                local_dir=str(settings.dagster_home / "compute_logs"),
                inst_data=inst_data,
                endpoint_url=settings.s3_endpoint_url,
                upload_interval=_UPLOAD_SECONDS,
                region=settings.s3_region,
            )
        self._s3_session = s3_client(settings)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> StoreComputeLogs:
        """From the environment: dagster.yaml and the references that Dagster passes on hold no secret."""
        return cls(Settings.from_environment(), inst_data)
