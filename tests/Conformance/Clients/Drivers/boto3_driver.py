"""Performs calls with boto3, unmodified. What goes in and out is told in ClientDriver.cs.

The endpoint is in REKEY_ENDPOINT, the keys are where boto3 looks for them.
"""

import base64
import datetime
import json
import os
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

clients = {}


def client_for(options):
    name = json.dumps(options, sort_keys=True)
    if name not in clients:
        config = Config(parameter_validation=not options.get("Unchecked"))
        if "RetryMode" in options:
            config = config.merge(Config(retries={"mode": options["RetryMode"], "total_max_attempts": options["Attempts"]}))
        clients[name] = boto3.client(
            "secretsmanager", endpoint_url=os.environ["REKEY_ENDPOINT"], region_name=options.get("Region"), config=config,
            aws_access_key_id=options.get("AccessKeyId"), aws_secret_access_key=options.get("SecretAccessKey"))
    return clients[name]


def describe():
    client = client_for({})
    model = client.meta.service_model
    shapes = [model.shape_for(name) for name in model.shape_names]
    return {
        "Version": boto3.__version__,
        "Operations": list(model.operation_names),
        "Paginators": [name for name in model.operation_names if client.can_paginate(xform_name(name))],
        "Waiters": client.waiter_names,
        "Members": sorted({member for shape in shapes if shape.type_name == "structure" for member in shape.members}),
    }


def to_native(value):
    """JSON to what a programmer passes: a binary value is bytes."""
    if isinstance(value, list):
        return [to_native(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "$blob" in value:
        return base64.b64decode(value["$blob"])
    return {key: to_native(inner) for key, inner in value.items()}


def to_json(value):
    """What a programmer gets to JSON: bytes and times are marked as such."""
    if isinstance(value, bytes):
        return {"$blob": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$time": value.timestamp() * 1000}
    if isinstance(value, list):
        return [to_json(inner) for inner in value]
    if isinstance(value, dict):
        return {key: to_json(inner) for key, inner in value.items()}
    return value


def about(metadata):
    return {"Status": metadata["HTTPStatusCode"], "RequestId": metadata["RequestId"], "Attempts": metadata["RetryAttempts"] + 1}


def members(answer):
    return to_json({key: value for key, value in answer.items() if key != "ResponseMetadata"})


def call(operation, parameters, options, page_size):
    client = client_for(options)
    method = xform_name(operation)
    try:
        if page_size:
            pages = client.get_paginator(method).paginate(**parameters, PaginationConfig={"PageSize": page_size})
            return {"Pages": [members(page) for page in pages]}
        answer = getattr(client, method)(**parameters)
        return {"Result": members(answer), **about(answer["ResponseMetadata"])}
    except ClientError as error:
        code = error.response["Error"]["Code"]
        modelled = code in dir(client.exceptions) and isinstance(error, getattr(client.exceptions, code))
        return {"Code": code, "Message": error.response["Error"]["Message"], "Modelled": modelled,
                **about(error.response["ResponseMetadata"])}
    except BotoCoreError as error:
        return {"Fault": str(error)}


for line in sys.stdin:
    request = json.loads(line)
    answer = describe() if "Operation" not in request else call(
        request["Operation"], to_native(request["Parameters"]), request.get("Client", {}), request.get("PageSize"))
    print(json.dumps(answer), flush=True)
