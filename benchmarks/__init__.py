"""Scripts that measure. What they print are ratios within one run: machines are noisy."""
