"""The pipeline, in the order data flows."""

import warnings

# Dagster's beta and preview parts are used knowingly, its pin is exact; by text, since importing it takes a second.
warnings.filterwarnings("ignore", message=r".* is currently in (beta|preview)")
