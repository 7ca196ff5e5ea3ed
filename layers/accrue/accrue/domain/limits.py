"""Bounds of what administrators define, for those too that must not wait for its models."""

from typing import Final

MAX_ID_CHARS = 64
MAX_TEXT_CHARS = 255
ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._:~-]*$"
