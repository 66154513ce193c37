"""Platform: the store, the registry and the lakehouse of one environment, built from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from datapilot_domain.partitions import Month
from datapilot_resources.lakehouse import Lakehouse
from datapilot_resources.object_store import ObjectStore, object_store
from datapilot_resources.registry import Registry
from datapilot_resources.settings import Settings

if TYPE_CHECKING:
    from datapilot_resources.alert_book import AlertBook
    from datapilot_resources.graph import Graph
    from datapilot_resources.ledger import CallLedger
    from datapilot_resources.llm import LanguageModel
    from datapilot_resources.power_bi import PowerBi
    from datapilot_resources.serving import Serving


@dataclass(frozen=True)
class Platform:
    settings: Settings

    @classmethod
    def from_environment(cls) -> Platform:
        return cls(Settings.from_environment())

    @cached_property
    def store(self) -> ObjectStore:
        return object_store(self.settings)

    @cached_property
    def registry(self) -> Registry:
        return Registry(self.store)

    @cached_property
    def lakehouse(self) -> Lakehouse:
        return Lakehouse(self.settings)

    @cached_property
    def ledger(self) -> CallLedger:
        from datapilot_resources.ledger import CallLedger  # most commands call no model

        return CallLedger(self.settings)

    @cached_property
    def alert_book(self) -> AlertBook:
        from datapilot_resources.alert_book import AlertBook  # most commands look at no alert

        return AlertBook(self.settings)

    @cached_property
    def language_model(self) -> LanguageModel | None:
        """None: texts are written offline."""
        from datapilot_resources.llm import LanguageModel

        return LanguageModel.from_settings(self.settings, self.ledger)

    @cached_property
    def serving(self) -> Serving:
        """Raises SettingsError: serving is off."""
        from datapilot_resources.serving import Serving  # most commands serve nothing

        return Serving(self.settings)

    @cached_property
    def graph(self) -> Graph | None:
        """None: off."""
        from datapilot_resources.graph import Graph

        return Graph.from_settings(self.settings)

    @cached_property
    def power_bi(self) -> PowerBi:
        from datapilot_resources.power_bi import PowerBi  # most commands push nothing

        return PowerBi(self.settings)

    @property
    def first_month(self) -> Month:
        return Month.parse(self.settings.first_month)
