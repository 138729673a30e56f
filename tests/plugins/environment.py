"""What programs that the tests start find in their environment."""

from __future__ import annotations

import os

__all__ = ["without_remarks"]


def without_remarks() -> dict[str, str]:
    """Return the environment of a program whose output is compared.

    In its debug mode asyncio writes about every callback that took long.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONASYNCIODEBUG"
    }
