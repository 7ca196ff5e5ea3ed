"""`make send FILE=activities.csv`: sends a file of activities of any size, in batches.

What must be true: whatever is interrupted, and however often the command is run, each row is
recorded once and has one line in the results, in the file's order; memory does not grow with the
file. Keys make the first true (`keys`), and the progress file the others (`progress`).
"""
