"""Performs calls with the AWS CLI, unmodified, in its own Python: the words of a command line go in at the CLI's front door, what it prints
comes out. A process for each call would spend most of its time on starting. What goes in and out is told in ClientDriver.cs.

The endpoint is in REKEY_ENDPOINT, the keys are where the CLI looks for them.
"""

import base64
import contextlib
import datetime
import io
import json
import os
import re
import sys
import tempfile

import awscli
from awscli.clidriver import create_clidriver
from botocore import xform_name  # after awscli: version 2 brings its own
from botocore.exceptions import DataNotFoundError

session = create_clidriver().session
model = session.get_service_model("secretsmanager")
clis = {}
REFUSAL = re.compile(
    r"An error occurred \((?P<code>\w+)\) when calling the (?P<operation>\w+) operation(?: \(reached max retries: (?P<retries>\d)\))?: "
    r"(?P<message>.*)", re.DOTALL)


def data(kind, member):
    """What the CLI knows about the service beside its model."""
    try:
        return list(session.get_component("data_loader").load_service_model("secretsmanager", kind)[member])
    except DataNotFoundError:
        return []


def describe():
    shapes = [model.shape_for(name) for name in model.shape_names]
    return {
        "Version": awscli.__version__,
        "Operations": list(model.operation_names),
        "Paginators": data("paginators-1", "pagination"),
        "Waiters": data("waiters-2", "waiters"),
        "Members": sorted({member for shape in shapes if shape.type_name == "structure" for member in shape.members}),
    }


def words_for(parameters, folder):
    """The flags that a person types."""
    words = []
    for number, (name, value) in enumerate(parameters.items()):
        flag = xform_name(name, "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
            continue
        words.append(f"--{flag}")
        if isinstance(value, dict) and "$blob" in value:
            path = os.path.join(folder, str(number))
            with open(path, "wb") as file:
                file.write(base64.b64decode(value["$blob"]))
            words.append(f"fileb://{path}")
        elif isinstance(value, list) and all(isinstance(one, str) for one in value):
            words.extend(value)
        elif isinstance(value, (dict, list)):
            words.append(json.dumps(value))
        else:
            words.append(str(value))
    return words


def run(words, options):
    """What the CLI prints, and how it ends."""
    output, complaint = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    environment = dict(os.environ)
    names = {"AccessKeyId": "AWS_ACCESS_KEY_ID", "SecretAccessKey": "AWS_SECRET_ACCESS_KEY",
             "RetryMode": "AWS_RETRY_MODE", "Attempts": "AWS_MAX_ATTEMPTS"}
    words = [*words, "--region", options["Region"]] if "Region" in options else words
    os.environ.update({names[name]: str(value) for name, value in options.items() if name in names})
    if options.get("Unchecked"):
        os.environ["AWS_CONFIG_FILE"] = UNCHECKED
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(complaint):
            name = json.dumps(options, sort_keys=True)
            cli = clis[name] = clis.get(name) or create_clidriver()
            code = cli.main(["secretsmanager", *words, "--endpoint-url", os.environ["REKEY_ENDPOINT"], "--output", "json"])
    finally:
        os.environ.clear()
        os.environ.update(environment)
    output.flush()
    complaint.flush()
    return code, output.buffer.getvalue().decode(), complaint.buffer.getvalue().decode().strip()


def to_json(value, shape):
    """What the CLI prints, with times and binary values marked as such: version 1 prints seconds since 1970, version 2 ISO 8601."""
    if shape.type_name == "timestamp":
        seconds = value if not isinstance(value, str) else datetime.datetime.fromisoformat(value).timestamp()
        return {"$time": seconds * 1000}
    if shape.type_name == "blob":
        return {"$blob": value}
    if shape.type_name == "list":
        return [to_json(inner, shape.member) for inner in value]
    if shape.type_name == "map":
        return {key: to_json(inner, shape.value) for key, inner in value.items()}
    if shape.type_name == "structure":
        # The CLI's own token for --starting-token is no member of the model.
        return {key: to_json(inner, shape.members[key]) if key in shape.members else inner for key, inner in value.items()}
    return value


def call(operation, parameters, options, page_size):
    command = xform_name(operation, "-")
    with tempfile.TemporaryDirectory() as folder:
        if options.get("Unchecked"):
            words = [command, "--cli-input-json", json.dumps(parameters)]
        else:
            words = [command, *words_for(parameters, folder)]
        if page_size:
            words += ["--page-size", str(page_size)]
        code, output, complaint = run(words, options)
    if code == 0:
        result = to_json(json.loads(output), model.operation_model(operation).output_shape) if output.strip() else {}
        return {"Pages": [result]} if page_size else {"Result": result}
    refusal = REFUSAL.search(complaint)
    if refusal is None or output:
        return {"Fault": f"aws {' '.join(words)}: exit code {code}, {complaint}"}
    return {"Code": refusal["code"], "Message": refusal["message"]}


with tempfile.TemporaryDirectory() as home:
    UNCHECKED = os.path.join(home, "config")
    with open(UNCHECKED, "w") as config:
        config.write("[default]\nparameter_validation = false\n")
    for line in sys.stdin:
        request = json.loads(line)
        answer = describe() if "Operation" not in request else call(
            request["Operation"], request["Parameters"], request.get("Client", {}), request.get("PageSize"))
        print(json.dumps(answer), flush=True)
