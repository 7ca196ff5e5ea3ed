"""What decide() is made of: one file for each kind of part of a program."""
