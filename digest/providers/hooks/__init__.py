"""What providers tell by webhook: a file for each, which proves and reads what is theirs."""
