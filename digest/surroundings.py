"""What of our environment the child processes see that read strangers' words: no secret of it."""

import os

_NAMES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")


def for_child() -> dict[str, str]:
    """Return the environment for a Python of ours that needs nothing but to start."""
    return {name: os.environ[name] for name in _NAMES if name in os.environ}
