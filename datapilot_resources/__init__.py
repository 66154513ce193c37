"""The outside world: settings, object store, Spark, lakehouse and the other services, one file per thing."""
