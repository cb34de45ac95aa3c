#!/usr/bin/env python3
"""Translates a SAM template to plain CloudFormation, JSON on standard output.

What "sam deploy" leaves to CloudFormation, done here with AWS's own library
(pip install aws-sam-translator cfn-flip), so that a template which it refuses
is found before it is deployed. Exit status 1 and the reasons if it does not
translate.
"""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.transform import transform
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.yaml_helper import yaml_parse


class Policies:
    """The managed policies by name: the template names none."""

    def load(self):
        return {}


def main(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for resource in template["Resources"].values():
        # The packages that the SAM CLI would have uploaded.
        if resource["Type"] == "AWS::Serverless::Function":
            name = resource["Metadata"]["BuildMethod"] if "Metadata" in resource else ""
            resource["Properties"]["CodeUri"] = "s3://packages/" + (name or "function") + ".zip"
    try:
        translated = transform(template, {}, Policies())
    except InvalidDocumentException as error:
        for cause in error.causes:
            print(f"{path}: {cause.message}", file=sys.stderr)
        return 1
    json.dump(translated, sys.stdout, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
