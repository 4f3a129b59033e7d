"""Editions: the record of one period, and the sealed words of its issue."""
