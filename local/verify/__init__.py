"""`make verify`: holds rows, postings and outcomes against their hashes, each other and the seals,
and names what was changed, removed or added.
"""
