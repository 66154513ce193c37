"""The `datapilot` command: one short file per group of commands, `main.py` assembles them."""
