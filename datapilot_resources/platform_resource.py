"""The platform as a Dagster resource. Apart from it, since reading the lake needs no Dagster."""

import dagster as dg

from datapilot_resources.platform import Platform


class PlatformResource(dg.ConfigurableResource):
    """The platform of the environment: no value of it is ever run config."""

    def get(self) -> Platform:
        return Platform.from_environment()
