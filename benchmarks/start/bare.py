"""The least that a function of the same kind starts with: a client of DynamoDB and a logger."""

from typing import Any

import boto3
from aws_lambda_powertools import Logger

logger = Logger()
client = boto3.client("dynamodb")


def lambda_handler(_event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Nothing."""
    logger.info("nothing")
    return {}
