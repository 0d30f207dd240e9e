"""What boto3-pages.test.ts asks boto3 to do: all of its waiters, and its paginators against calls without pages. Prints JSON."""

import io
import json
import pathlib
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError, WaiterError

ROLE = "arn:aws:iam::000000000000:role/lambda"
COUNT = 3
echo = pathlib.Path(sys.argv[1]).read_bytes()
client = boto3.client("lambda")
results = {"waited": [], "pages": {}}


def zipped(name, data):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as it:
        it.writestr(name, data)
    return archive.getvalue()


def wait(name, **arguments):
    """Within two polls: what is acknowledged is done."""
    client.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 2}, **arguments)
    results["waited"].append(name)


def never(name, **arguments):
    try:
        client.get_waiter(name).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 2}, **arguments)
        return "nothing"
    except WaiterError as error:
        return str(error)


def pages(operation, key, **arguments):
    """How many there are, and whether they come one a page as they come all at once."""
    try:
        every = getattr(client, operation)(**arguments)[key]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotImplementedException":
            raise
        return
    paginator = client.get_paginator(operation)
    single = [page[key] for page in paginator.paginate(**arguments, PaginationConfig={"PageSize": 1})]
    results["pages"][operation] = [len(every), sum(single, []) == every, max(map(len, single))]


for number in range(COUNT):
    client.create_function(
        FunctionName=f"fn-{number}", Role=ROLE, Runtime="provided.wasi", Code={"ZipFile": zipped("a.wasm", echo)}
    )
    client.create_function_url_config(FunctionName=f"fn-{number}", AuthType="NONE")
wait("function_exists", FunctionName="fn-0")
wait("function_active", FunctionName="fn-0")
wait("function_active_v2", FunctionName="fn-0")
for number in range(COUNT):
    client.update_function_configuration(FunctionName="fn-0", Timeout=5 + number)
    wait("function_updated", FunctionName="fn-0")
    wait("function_updated_v2", FunctionName="fn-0")
    version = client.publish_version(FunctionName="fn-0")["Version"]
    wait("published_version_active", FunctionName="fn-0", Qualifier=version)
    client.create_alias(FunctionName="fn-0", Name=f"alias-{number}", FunctionVersion=version)
    client.publish_layer_version(LayerName="layer", Content={"ZipFile": zipped("data.txt", str(number))})
    client.publish_layer_version(LayerName=f"layer-{number}", Content={"ZipFile": zipped("data.txt", str(number))})
    client.create_event_source_mapping(
        FunctionName="fn-0", EventSourceArn=f"arn:aws:sqs:us-east-1:000000000000:queue-{number}"
    )
results["waited"] = sorted(set(results["waited"]))
results["never"] = never("function_exists", FunctionName="nope")

pages("list_functions", "Functions")
pages("list_versions_by_function", "Versions", FunctionName="fn-0")
pages("list_aliases", "Aliases", FunctionName="fn-0")
pages("list_layers", "Layers")
pages("list_layer_versions", "LayerVersions", LayerName="layer")
pages("list_event_source_mappings", "EventSourceMappings")
pages("list_function_url_configs", "FunctionUrlConfigs", FunctionName="fn-0")
pages("list_function_event_invoke_configs", "FunctionEventInvokeConfigs", FunctionName="fn-0")
pages("list_code_signing_configs", "CodeSigningConfigs")
pages("list_provisioned_concurrency_configs", "ProvisionedConcurrencyConfigs", FunctionName="fn-0")
print(json.dumps(results))
