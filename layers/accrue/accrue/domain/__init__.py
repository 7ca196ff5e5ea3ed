"""Pure rules and words: no clock, no AWS, no environment."""
