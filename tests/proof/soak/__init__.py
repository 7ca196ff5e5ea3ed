"""Many activities at once on the embedded AWS, whose workers are killed meanwhile."""
