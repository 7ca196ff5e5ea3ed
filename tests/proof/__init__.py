"""The proof as a whole: what is run for it, with which seeds, and what it says it covered."""
