"""Drives Rekey through boto3, unmodified, and ends with 0 only if every expectation held.

Reads from standard input one JSON object: {"FunctionArn": ..., "Secret": {...}} for a database account that can rotate. The endpoint is
in REKEY_ENDPOINT, the keys where boto3 looks for them. Prints the name of the rotated secret, never a value.
"""

import datetime
import json
import os
import sys
import time
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = os.environ["REKEY_ENDPOINT"]
given = json.load(sys.stdin)
secrets = boto3.client("secretsmanager", endpoint_url=endpoint)
prefix = f"boto3/{boto3.__version__}/"


def expect(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def refused(code, text, call, **arguments):
    """The call fails with this modelled exception class, or with this code where there is no class for it."""
    try:
        call(**arguments)
    except ClientError as error:
        expect(error.response["Error"]["Code"] == code, f"{call.__name__}: {code}, but {error}")
        expect(text in error.response["Error"]["Message"], f"{call.__name__}: {text!r}, but {error}")
        expect(error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, f"{call.__name__}: status 400")
        uuid.UUID(error.response["ResponseMetadata"]["RequestId"])
        modelled = getattr(secrets.exceptions, code, None) if code in dir(secrets.exceptions) else None
        if modelled is not None:
            expect(isinstance(error, modelled), f"{call.__name__}: class {modelled}")
            expect(error.response.get("Message") == error.response["Error"]["Message"], f"{call.__name__}: the modelled member Message")
        return
    expect(False, f"{call.__name__}{arguments} is refused")


def values():
    name = prefix + "values"
    created = secrets.create_secret(Name=name, SecretString="first ✓", Tags=[{"Key": "team", "Value": "a"}])
    expect(created["ResponseMetadata"]["HTTPStatusCode"] == 200, "status 200")
    uuid.UUID(created["ResponseMetadata"]["RequestId"])
    expect(created["ARN"].startswith(f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-"), "the ARN")
    read = secrets.get_secret_value(SecretId=created["ARN"])
    expect(read["SecretString"] == "first ✓" and read["VersionStages"] == ["AWSCURRENT"], "the first value")
    expect(isinstance(read["CreatedDate"], datetime.datetime), "a time is a time")

    token = str(uuid.uuid4())
    for _ in range(2):  # the second is the repetition of a lost answer
        put = secrets.put_secret_value(SecretId=name, ClientRequestToken=token, SecretBinary=b"\x00\xff")
        expect(put["VersionId"] == token, "the token is the version")
    expect(secrets.get_secret_value(SecretId=name)["SecretBinary"] == b"\x00\xff", "a binary value")
    expect(secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "first ✓", "the previous value")
    refused("ResourceExistsException", token, secrets.put_secret_value, SecretId=name, ClientRequestToken=token, SecretString="other")

    updated = secrets.update_secret(SecretId=name, Description="d", SecretString="third")
    secrets.update_secret_version_stage(
        SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=updated["VersionId"], MoveToVersionId=token)
    labels = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
    expect(labels == {token: ["AWSCURRENT"], updated["VersionId"]: ["AWSPREVIOUS"]}, f"labels, but {labels}")
    listed = secrets.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)["Versions"]
    expect({one["VersionId"] for one in listed} == {token, updated["VersionId"], created["VersionId"]}, "all versions")

    secrets.tag_resource(SecretId=name, Tags=[{"Key": "b", "Value": ""}])
    secrets.untag_resource(SecretId=name, TagKeys=["team"])
    expect(secrets.describe_secret(SecretId=name)["Tags"] == [{"Key": "b", "Value": ""}], "tags")


def pages():
    names = [f"{prefix}pages/{number}" for number in range(7)]
    for name in names:
        secrets.create_secret(Name=name)
    pages = list(secrets.get_paginator("list_secrets").paginate(
        Filters=[{"Key": "name", "Values": [prefix + "pages/"]}], PaginationConfig={"PageSize": 3}))
    expect([len(page["SecretList"]) for page in pages] == [3, 3, 1], "pages of three")
    expect(sorted(secret["Name"] for page in pages for secret in page["SecretList"]) == names, "every secret once")
    expect(all("NextToken" not in page for page in pages[-1:]), "no token after the last page")
    found = secrets.list_secrets(Filters=[{"Key": "name", "Values": ["!" + prefix + "pages/", prefix]}], MaxResults=100)
    expect(all("pages/" not in secret["Name"] for secret in found["SecretList"]), "a negated filter")


def rotation():
    name = prefix + "rotated"
    secrets.create_secret(Name=name, SecretString=json.dumps(given["Secret"]))
    rotated = secrets.rotate_secret(
        SecretId=name, RotationLambdaARN=given["FunctionArn"],
        RotationRules={"ScheduleExpression": "cron(0 16 1,15 * ? *)", "Duration": "2h"})
    described = secrets.describe_secret(SecretId=name)
    deadline = time.monotonic() + 60
    while "LastRotatedDate" not in described:
        expect(time.monotonic() < deadline, f"rotated within a minute, but {described}")
        described = secrets.describe_secret(SecretId=name)
    expect(described["RotationEnabled"] is True, "rotation is on")
    rules = dict(described["RotationRules"])
    expect(1 <= rules.pop("AutomaticallyAfterDays") <= 17, "days between rotations, which AWS derives from the expression")
    expect(rules == {"ScheduleExpression": "cron(0 16 1,15 * ? *)", "Duration": "2h"}, "the rules as they were given")
    expect(described["VersionIdsToStages"][rotated["VersionId"]] == ["AWSCURRENT"], "the new version, without AWSPENDING")
    # The model of boto3 before 1.29 does not know the member.
    if "NextRotationDate" in secrets.meta.service_model.operation_model("DescribeSecret").output_shape.members:
        expect(described["NextRotationDate"] > described["LastRotatedDate"], "the next date")
    value = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    expect({**value, "password": ""} == {**given["Secret"], "password": ""}, "all keys but the password")
    expect(value["password"] != given["Secret"]["password"], "another password")

    deleted = secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    days = (deleted["DeletionDate"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400
    expect(6.99 < days < 7.01, "seven days")
    refused("InvalidRequestException", "marked for deletion", secrets.get_secret_value, SecretId=name)
    expect(secrets.restore_secret(SecretId=name)["Name"] == name, "restored")
    expect(json.loads(secrets.get_secret_value(SecretId=name)["SecretString"]) == value, "the value is back")
    return name


def refusals():
    name = prefix + "refused"
    secrets.create_secret(Name=name, SecretString="x")
    refused("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", secrets.get_secret_value, SecretId="absent")
    refused("ResourceNotFoundException", "staging label: NOPE", secrets.get_secret_value, SecretId=name, VersionStage="NOPE")
    refused("ResourceExistsException", "already exists", secrets.create_secret, Name=name, SecretString="y")
    refused("ValidationException", "Invalid name.", secrets.describe_secret, SecretId="what?")
    refused("InvalidRequestException", "No Lambda rotation function ARN", secrets.rotate_secret, SecretId=name)
    refused("AccessDeniedException", "cannot invoke", secrets.rotate_secret, SecretId=name, RotationLambdaARN=given["FunctionArn"] + "x")
    refused("InvalidParameterException", "", secrets.delete_secret, SecretId=name, RecoveryWindowInDays=31)
    refused("InvalidParameterException", "", secrets.create_secret, Name=prefix + "both", SecretString="x", SecretBinary=b"x")

    unchecked = boto3.client("secretsmanager", endpoint_url=endpoint, config=Config(parameter_validation=False))
    refused("SerializationException", "", unchecked.describe_secret, SecretId=7)
    refused("ValidationException", "Member must not be null", unchecked.describe_secret)
    refused("ValidationException", "passwordLength", unchecked.get_random_password, PasswordLength=5000)
    root = os.environ["AWS_ACCESS_KEY_ID"]
    forger = boto3.client("secretsmanager", endpoint_url=endpoint, aws_access_key_id=root, aws_secret_access_key="x")
    refused("InvalidSignatureException", "signature", forger.list_secrets)
    stranger = boto3.client("secretsmanager", endpoint_url=endpoint, aws_access_key_id="AKIANOBODYKNOWSTHIS0", aws_secret_access_key="x")
    refused("UnrecognizedClientException", "security token", stranger.list_secrets)


def others():
    identity = boto3.client("sts", endpoint_url=endpoint).get_caller_identity()
    expect(identity["Arn"] == "arn:aws:iam::123456789012:root" and identity["Account"] == "123456789012", "the caller")
    password = secrets.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
    expect(len(password) == 64 and password.isalnum(), "a random password")


values()
pages()
refusals()
others()
print(rotation())
