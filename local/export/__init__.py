"""Exports: the ledger and what came of it as DynamoDB's own export to S3 lays it out, made of the
running stack's tables; flat files of it, and questions that it answers. docs/export.md has both.
"""
