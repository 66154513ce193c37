"""The page as it is kept in the store."""

from __future__ import annotations

from dataclasses import dataclass

from datapilot_assets.pages.model import month_page
from datapilot_assets.pages.render import month_html
from datapilot_domain.organizations import Organization, OrgId
from datapilot_domain.partitions import Month, organization_prefix
from datapilot_resources.platform import Platform


@dataclass(frozen=True)
class Kept:
    html: str
    insights: int


def page_key(org: OrgId, month: Month) -> str:
    """`org_id=acme/reports/pages/2024-01.html`."""
    return organization_prefix(org, "reports", "pages", f"{month}.html")


def keep_page(platform: Platform, organization: Organization, month: Month) -> Kept:
    """Make the page of a month and keep it, in place of an earlier one. Raises NoGold."""
    page = month_page(platform, organization, month)
    kept = Kept(month_html(page), len(page.insights))
    platform.store.write(page_key(organization.org_id, month), kept.html.encode())
    return kept
