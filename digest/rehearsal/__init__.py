"""Rehearsals: an issue goes to a mail server of ours that misbehaves, and what came is counted."""
