"""Jobs: what takes too long for one request, done in steps that survive a crash."""
