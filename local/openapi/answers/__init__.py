"""What each operation answers, as models: every field, and no other."""
