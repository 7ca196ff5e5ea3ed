"""Webhooks: where events are sent, how they are signed, and when they are sent again."""
