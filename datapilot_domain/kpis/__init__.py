"""KPI catalogue: what each figure is called, made of and worth. Gold, checks, wording and questions read it."""

from datapilot_domain.kpis.ads import ADS_KPIS, MARKETING_KPIS
from datapilot_domain.kpis.kpi import Direction, Kpi, Unit, Wording
from datapilot_domain.kpis.sales import SALES_KPIS

KPIS: dict[str, Kpi] = {kpi.name: kpi for kpi in (*SALES_KPIS, *ADS_KPIS, *MARKETING_KPIS)}

__all__ = ["KPIS", "Direction", "Kpi", "Unit", "Wording"]
