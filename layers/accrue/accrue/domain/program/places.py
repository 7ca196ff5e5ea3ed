"""Where something stands in a document."""

type Place = tuple[str | int, ...]
"""The names of fields and the positions in lists that lead to it, as in a JSON pointer."""
