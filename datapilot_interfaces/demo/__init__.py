"""The demo: generated files whose truth is known, and the walk through the pipeline that checks it."""
