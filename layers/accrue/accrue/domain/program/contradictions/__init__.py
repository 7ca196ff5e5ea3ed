"""What a program document says that can't be so, though each of its fields is well formed.

`program.py` has the whole; each other file looks at one kind of part.
"""
