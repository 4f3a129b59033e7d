"""Figures: what takes long to count, as values, and the place where they are kept."""
