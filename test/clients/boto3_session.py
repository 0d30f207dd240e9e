"""What boto3.test.ts asks boto3 to do. Arguments: a component that echoes, a folder of events or "". Prints JSON."""

import io
import json
import pathlib
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/lambda"
echo = pathlib.Path(sys.argv[1]).read_bytes()
client = boto3.client("lambda")
results = {}


def error_of(operation, **arguments):
    """Name, status and message of the error that an operation ends in."""
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        reply = error.response
        return [reply["Error"]["Code"], reply["ResponseMetadata"]["HTTPStatusCode"], reply["Error"]["Message"]]
    return None


def zipped(code):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as it:
        it.writestr("build/main.wasm", code)
    return archive.getvalue()


created = client.create_function(
    FunctionName="py", Role=ROLE, Runtime="provided.wasi", Code={"ZipFile": zipped(echo)}, Tags={"team": "a"}
)
client.get_waiter("function_active_v2").wait(FunctionName="py")
results["created"] = [created["State"], created["ResponseMetadata"]["HTTPStatusCode"], created["FunctionArn"]]

answer = client.invoke(FunctionName=created["FunctionArn"], Payload=b'{"n": 1.0}', LogType="Tail")
results["invoked"] = [answer["StatusCode"], answer["ExecutedVersion"], answer["Payload"].read().decode()]
results["logged"] = "LogResult" in answer
results["empty"] = client.invoke(FunctionName="py")["Payload"].read().decode()
results["event"] = client.invoke(FunctionName="py", InvocationType="Event", Payload=b"{}")["StatusCode"]
results["dry"] = client.invoke(FunctionName="py", InvocationType="DryRun")["StatusCode"]

stream = client.invoke_with_response_stream(FunctionName="py", Payload=b'{"n": 1.0}', LogType="Tail")
events = list(stream["EventStream"])
results["streamed"] = [
    stream["ExecutedVersion"],
    b"".join(it["PayloadChunk"]["Payload"] for it in events if "PayloadChunk" in it).decode(),
    "LogResult" in events[-1]["InvokeComplete"],
]
client.put_function_concurrency(FunctionName="py", ReservedConcurrentExecutions=0)
results["throttled"] = error_of("invoke", FunctionName="py")
client.delete_function_concurrency(FunctionName="py")
results["recursion"] = client.put_function_recursion_config(FunctionName="py", RecursiveLoop="Allow")["RecursiveLoop"]

client.update_function_configuration(FunctionName="py", Timeout=9, Environment={"Variables": {"KEY": "v"}})
client.get_waiter("function_updated_v2").wait(FunctionName="py")
function = client.get_function(FunctionName="py")
results["read"] = [function["Configuration"]["Timeout"], function["Configuration"]["Environment"], function["Tags"]]
client.update_function_code(FunctionName="py", ZipFile=echo, RevisionId=function["Configuration"]["RevisionId"])
results["listed"] = [it["FunctionName"] for page in client.get_paginator("list_functions").paginate() for it in page["Functions"]]

url = client.create_function_url_config(FunctionName="py", AuthType="NONE", Cors={"AllowOrigins": ["*"]})
results["url"] = [url["FunctionUrl"] == client.get_function_url_config(FunctionName="py")["FunctionUrl"], url["Cors"]]
client.delete_function_url_config(FunctionName="py")

config = client.put_function_event_invoke_config(FunctionName="py", MaximumRetryAttempts=1)
results["age"] = config["LastModified"].year > 2000
client.delete_function_event_invoke_config(FunctionName="py")
client.untag_resource(Resource=created["FunctionArn"], TagKeys=["team"])
results["tags"] = client.list_tags(Resource=created["FunctionArn"])["Tags"]
results["account"] = client.get_account_settings()["AccountUsage"]["FunctionCount"]

results["errors"] = [
    error_of("get_function", FunctionName="nope"),
    error_of("create_function", FunctionName="py", Role=ROLE, Runtime="provided.wasi", Code={"ZipFile": echo}),
    error_of("invoke", FunctionName="py", Payload=b"{"),
    error_of("invoke", FunctionName="py", Payload=b" " * (6 * 2**20 + 1)),
    error_of("update_function_configuration", FunctionName="py", Timeout=901),
    error_of("list_capacity_providers"),
]

events = sorted(pathlib.Path(sys.argv[2]).glob("*/*.json")) if sys.argv[2] else []
results["events"] = len(events)
results["changed"] = [
    path.name
    for path in events
    if client.invoke(FunctionName="py", Payload=path.read_bytes())["Payload"].read() != path.read_bytes()
]

results["deleted"] = client.delete_function(FunctionName="py")["ResponseMetadata"]["HTTPStatusCode"]
print(json.dumps(results))
