"""The console: the pages of those who run the newsletter, a file for each."""
