"""Reference pages, written from the contracts: `python -m datapilot_interfaces.reference`, or `make docs`."""
