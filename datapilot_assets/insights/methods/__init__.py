"""Methods: each reads a month of gold and yields the facts that it finds. None of them knows of the others."""
