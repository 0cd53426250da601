"""When, and from which state of the code, something was computed."""

import subprocess
from datetime import UTC, datetime

from lib.base import paths


def commit() -> str:
    """The commit that is checked out, 12 digits, or an empty string outside a repository."""
    return _git("rev-parse", "--short=12", "HEAD")


def dirty() -> bool:
    """Whether the code differs from its commit (results and documents do not count)."""
    return bool(_git("status", "--porcelain", "--untracked-files=no", "--", "lib"))


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _git(*words: str) -> str:
    try:
        return subprocess.run(
            ["git", *words], cwd=paths.ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
