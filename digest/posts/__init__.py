"""Posts: which one this is, whether it is fit to mail, and where it is kept."""
