"""A program as a document: what an admin writes, and what its parts mean.

`program.py` has the whole; each other file has one kind of part. Nothing here decides anything.
"""
