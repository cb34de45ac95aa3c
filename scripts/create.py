#!/usr/bin/env python3
"""Creates the stack of template.yaml in moto.

    scripts/create.py template.yaml
    scripts/create.py --server http://127.0.0.1:5000 template.yaml NAME=VALUE...

Without a server in this process: finds what neither the linter nor the
translator does, references that cannot be resolved, policies and event patterns
that a service refuses. With one the stack stays in it, for tests, with the
parameters given, and what it is made of is printed as JSON. Needs boto3, moto
and aws-sam-translator (pip install "moto[all]" aws-sam-translator). Exit status
1 if the stack is not created or a rule is not in the state that it has to be in.
"""

import argparse
import io
import json
import logging
import os
import subprocess
import sys
import warnings
import zipfile

os.environ.update(AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none", AWS_DEFAULT_REGION="us-east-1")

import boto3
from moto import mock_aws

HERE = os.path.dirname(os.path.abspath(__file__))
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
STACK = "chimewatch"


def package():
    """The functions' package; what is in it does not matter here."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("bootstrap", "")
    return buffer.getvalue()


def create(path, given):
    """Creates the stack and returns its translated template, its status and its rules."""
    translated = json.loads(subprocess.check_output([os.path.join(HERE, "translate.py"), path]))
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="makefile.zip", Body=package())
    # moto makes lists of those parameters only that are given.
    lists = {n: p["Default"] for n, p in translated["Parameters"].items() if p["Type"] == "CommaDelimitedList"}
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(translated),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": n, "ParameterValue": v} for n, v in (lists | given).items()],
    )
    status = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    rules = {rule["Name"]: rule["State"] for rule in boto3.client("events").list_rules()["Rules"]}
    return translated, status, rules


def describe(translated):
    """What the stack is made of, and what moto lacks made from the same template."""
    resources = {
        r["LogicalResourceId"]: r["PhysicalResourceId"]
        for r in boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        if r.get("PhysicalResourceId")
    }
    secrets, functions, roles = {}, {}, {}
    awslambda, iam, keeper = boto3.client("lambda"), boto3.client("iam"), boto3.client("secretsmanager")
    # moto would take the messages for functions that it cannot run: whoever asked for the stack runs them.
    for source in awslambda.list_event_source_mappings()["EventSourceMappings"]:
        awslambda.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    for name, resource in translated["Resources"].items():
        kind = resource["Type"]
        if kind == "AWS::SecretsManager::Secret":
            secrets[name] = keeper.get_random_password(**resource["Properties"]["GenerateSecretString"])["RandomPassword"]
        elif kind == "AWS::Lambda::Function":
            made = awslambda.get_function_configuration(FunctionName=resources[name])
            functions[name] = {
                "name": made["FunctionName"],
                "role": made["Role"].rsplit("/", 1)[-1],
                "environment": made["Environment"]["Variables"],
            }
        elif kind == "AWS::IAM::Role":
            role = resources[name]
            policies = iam.list_role_policies(RoleName=role)["PolicyNames"]
            roles[role] = [
                statement
                for policy in policies
                for statement in iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]["Statement"]
            ]
    return {"resources": resources, "secrets": secrets, "functions": functions, "roles": roles}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="address of a moto server")
    parser.add_argument("template")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE")
    arguments = parser.parse_args()
    given = dict(p.split("=", 1) for p in arguments.parameters)
    warnings.simplefilter("ignore")  # of types that moto does not know
    logging.disable(logging.WARNING)
    if arguments.server:
        os.environ["AWS_ENDPOINT_URL"] = arguments.server
        translated, status, rules = create(arguments.template, given)
        print(json.dumps(describe(translated)))
    else:
        with mock_aws():
            _, status, rules = create(arguments.template, given)
    print(f"{arguments.template}: {status}, rules {rules}", file=sys.stderr)
    return 0 if status == "CREATE_COMPLETE" and rules.get("chimewatch-denials") == ALL_EVENTS else 1


if __name__ == "__main__":
    sys.exit(main())
