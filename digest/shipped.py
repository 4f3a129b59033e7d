"""Finds the files that come with Digest: the templates and the commented config.toml."""

from importlib.resources import files
from pathlib import Path


def shipped_templates() -> Path:
    """Return the folder of the templates that come with Digest, from a wheel or a checkout."""
    inside = Path(str(files("digest"))) / "shipped" / "templates"
    return inside if inside.is_dir() else Path(str(files("digest"))).parent / "templates"


def shipped_config() -> Path:
    """Return the config.toml that comes with Digest, from a wheel or a checkout."""
    inside = Path(str(files("digest"))) / "shipped" / "config.toml"
    return inside if inside.is_file() else Path(str(files("digest"))).parent / "config.toml"
