"""What keeps each promise, taken away in turn: each time some test must fail.

A test that no change to the code makes fail proves nothing. The files *.yaml list the guards that
matter, and for each the tests that notice when it is gone.
"""
