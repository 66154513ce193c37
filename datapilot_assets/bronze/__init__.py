"""Bronze: the files' records as text, immutable and replayable."""
