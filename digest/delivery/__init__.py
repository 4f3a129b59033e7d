"""Delivery: the ledger, and the hands that work it off."""
