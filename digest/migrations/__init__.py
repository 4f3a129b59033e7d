"""The schema through time."""
