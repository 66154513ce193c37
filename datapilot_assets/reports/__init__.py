"""The sender's report: what of a file was accepted, what not and why, and what changed in the figures.

`facts` gathers the numbers, `model` is their shape, `markdown` and `sheet` put them into words, `publish` keeps them.
"""

from datapilot_assets.reports.facts import file_reports
from datapilot_assets.reports.markdown import report_markdown
from datapilot_assets.reports.model import FileReport
from datapilot_assets.reports.publish import publish_report, write_reports

__all__ = ["FileReport", "file_reports", "publish_report", "report_markdown", "write_reports"]
