"""Runs the command line as `python -m digest`."""

from digest.cli.main import main

main()
