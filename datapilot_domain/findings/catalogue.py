"""Every finding by its name."""

from __future__ import annotations

from datapilot_domain.findings.ads import ADS
from datapilot_domain.findings.alerts import ALERTS
from datapilot_domain.findings.content import CONTENT
from datapilot_domain.findings.decisions import DECISIONS
from datapilot_domain.findings.finding import Finding
from datapilot_domain.findings.headers import HEADERS
from datapilot_domain.findings.records import RECORDS
from datapilot_domain.findings.workbooks import WORKBOOKS

FAMILIES = (ADS, ALERTS, CONTENT, WORKBOOKS, HEADERS, RECORDS, DECISIONS)
FINDINGS: dict[str, Finding] = {finding.name: finding for family in FAMILIES for finding in family}
