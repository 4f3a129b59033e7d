"""The storey below everything: engine, sessions and column types; knows no table."""
