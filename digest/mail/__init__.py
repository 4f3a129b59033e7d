"""Mail: letters, their bytes, and what became of them."""
