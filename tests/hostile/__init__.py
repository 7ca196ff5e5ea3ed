"""Attacks on the API by its own description, with schemathesis: in one process, and over HTTP."""
