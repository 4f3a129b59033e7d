"""Sources: blogs, and how each one is read."""
