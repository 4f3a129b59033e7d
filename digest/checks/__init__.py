"""What is looked at before an issue leaves: its links, its words, and the domain it comes from."""
