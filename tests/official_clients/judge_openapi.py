"""Holds values against the schemas of an OpenAPI document, and the document against OpenAPI: judge_openapi.py FILE.

On stdin: {"right": [[schema, value], ...], "wrong": [...]}. Asserts by itself.
"""

import json
import sys

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

with open(sys.argv[1], encoding="utf-8") as file:
    document = yaml.safe_load(file)
asked = json.load(sys.stdin)

OpenAPIV31SpecValidator(document).validate()
# it fails when nothing is there that knows dates
formats = FormatChecker(["date-time"])


def errors(schema, value):
    wanted = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    return [error.message for error in Draft202012Validator(wanted, format_checker=formats).iter_errors(value)]


for schema, value in asked["right"]:
    found = errors(schema, value)
    assert not found, f"{schema}: {value} {found}"
for schema, value in asked["wrong"]:
    assert errors(schema, value), f"{schema}: {value} should not hold"
assert asked["right"] and asked["wrong"]
print(f"{len(asked['right'])} values as the document says, {len(asked['wrong'])} refused by it")
