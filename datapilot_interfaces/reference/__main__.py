"""`python -m datapilot_interfaces.reference`: write the reference pages of this checkout."""

from datapilot_interfaces.reference.pages import write

for name in write():
    print(f"docs/{name}")
