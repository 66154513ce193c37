"""Pages: one self-contained HTML file per organization and month."""
