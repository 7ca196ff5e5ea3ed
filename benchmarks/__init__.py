"""Measures what an activity costs, beside a baseline; `make bench` runs it all.

Machines are noisy, so what is measured is what is the same on each (units, calls, bytes,
instructions), or a ratio within one run. Imported by nothing that is deployed.
"""
