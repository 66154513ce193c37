"""Events of a bucket, taken as a hint to look into the inbox sooner; the polling sensor stays the truth."""
