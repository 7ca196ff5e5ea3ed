"""The embedded AWS on this machine: starts it, deploys the template, seeds a network."""
