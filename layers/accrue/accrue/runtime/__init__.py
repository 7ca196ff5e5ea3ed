"""The only room that knows Powertools and HTTP."""
