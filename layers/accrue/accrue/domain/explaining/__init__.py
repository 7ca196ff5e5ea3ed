"""What is packed in a posting, as sentences: one small function for each thing that can fail.

`domain.explanation` is the way in.
"""
