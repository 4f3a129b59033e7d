"""Carriers: each file knows everything about one way to hand over mail."""
