"""Holds the examples of an OpenAPI document against its schemas. Usage: examples.py DOCUMENT"""

import json
import sys

from jsonschema import Draft202012Validator


def contents(operation):
    """The media types of a request and its responses, each with its name."""
    yield "request", operation["requestBody"]["content"]["application/json"]
    for status, response in operation["responses"].items():
        if "content" in response:
            yield status, response["content"]["application/json"]


def main(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    places = [
        (f"{path} {name}", content)
        for path, item in document["paths"].items()
        for operation in item.values()
        for name, content in contents(operation)
    ]
    places += [
        (name, response["content"]["application/json"])
        for name, response in document["components"]["responses"].items()
    ]
    faults = []
    for place, content in places:
        # The references in a schema are to the document's components.
        schema = {**content["schema"], "components": document["components"]}
        validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for fault in validator.iter_errors(content["example"]):
            faults.append(f"{place}: {fault.json_path}: {fault.message}")
    print(f"{len(places)} examples, {len(faults)} faults", *faults, sep="\n")
    return 1 if faults or not places else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
