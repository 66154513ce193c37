"""The organization's graph in Neo4j: a month is read from the lake, made rows of, loaded, and switched on."""
