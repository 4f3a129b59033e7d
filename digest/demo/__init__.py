"""A whole week on one machine, offline, for the first minute with the product."""
