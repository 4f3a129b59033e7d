"""Who may use the console: accounts, their passwords and second factors, and their sessions."""
