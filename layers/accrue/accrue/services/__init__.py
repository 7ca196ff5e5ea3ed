"""One verb per file, written against ports."""
