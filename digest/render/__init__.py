"""Rendering: from a frozen issue to HTML and text with open slots."""
