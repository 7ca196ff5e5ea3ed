"""Accrue: an activity ledger that turns what partners report into points."""
