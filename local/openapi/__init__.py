"""docs/openapi.json: the API as OpenAPI 3.1, made of what validates and of what is deployed.

Routes, keys and the gateway's own answers come from the template; errors from the error table;
what administrators define from the models that read it; what partners send from the limits and
field names of the parsers. Answers are models here, held against every recorded answer.
"""
