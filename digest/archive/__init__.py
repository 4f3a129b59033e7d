"""The archive: every sent issue for everybody, as pages, feeds and files."""
