"""What runs in the emulator's own interpreter, beside nothing of ours."""
