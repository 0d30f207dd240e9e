"""What layers.test.ts asks boto3 to do. Arguments: a component that prints the file a.json of its first mount. Prints JSON."""

import base64
import hashlib
import io
import json
import pathlib
import sys
import urllib.request
import zipfile

import boto3

ROLE = "arn:aws:iam::000000000000:role/lambda"
code = pathlib.Path(sys.argv[1]).read_bytes()
client = boto3.client("lambda")
results = {}


def zipped(files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as it:
        for name, content in files.items():
            it.writestr(name, content)
    return archive.getvalue()


def publish(name, files):
    return client.publish_layer_version(
        LayerName=name, Content={"ZipFile": zipped(files)}, CompatibleRuntimes=["provided.wasi"], LicenseInfo="MIT"
    )


def invoke():
    return json.loads(client.invoke(FunctionName="fn")["Payload"].read())


first = publish("base", {"a.json": '"base"', "python/x.py": "x"})
second = publish("more", {"a.json": '"more"'})
for n in range(3):
    publish("base", {"n": str(n)})
got = client.get_layer_version(LayerName="base", VersionNumber=1)
results["same"] = got["CreatedDate"] == first["CreatedDate"] and got["Content"]["CodeSha256"] == first["Content"]["CodeSha256"]
results["by arn"] = client.get_layer_version_by_arn(Arn=second["LayerVersionArn"])["Version"]
content = urllib.request.urlopen(got["Content"]["Location"]).read()
results["content"] = zipfile.ZipFile(io.BytesIO(content)).read("a.json").decode()
results["sha256"] = base64.b64encode(hashlib.sha256(content).digest()).decode() == got["Content"]["CodeSha256"]
pages = client.get_paginator("list_layer_versions").paginate(LayerName="base", PaginationConfig={"PageSize": 3})
results["versions"] = [[it["Version"] for it in page["LayerVersions"]] for page in pages]
pages = client.get_paginator("list_layers").paginate(PaginationConfig={"PageSize": 1})
results["layers"] = [[it["LayerName"], it["LatestMatchingVersion"]["Version"]] for page in pages for it in page["Layers"]]

arns = [first["LayerVersionArn"], second["LayerVersionArn"]]
created = client.create_function(
    FunctionName="fn", Role=ROLE, Runtime="provided.wasi", Code={"ZipFile": zipped({"f.wasm": code})}, Layers=arns
)
client.get_waiter("function_active_v2").wait(FunctionName="fn")
results["function"] = created["Layers"] == [{"Arn": it["LayerVersionArn"], "CodeSize": it["Content"]["CodeSize"]} for it in (first, second)]
results["both"] = invoke()
client.update_function_configuration(FunctionName="fn", Layers=arns[::-1])
client.get_waiter("function_updated_v2").wait(FunctionName="fn")
results["turned"] = invoke()
client.delete_layer_version(LayerName="base", VersionNumber=1)
client.update_function_configuration(FunctionName="fn", MemorySize=256)
results["deleted"] = invoke()
code_location = client.get_function(FunctionName="fn")["Code"]["Location"]
results["code"] = zipfile.ZipFile(io.BytesIO(urllib.request.urlopen(code_location).read())).read("f.wasm") == code

added = client.add_layer_version_permission(
    LayerName="more", VersionNumber=1, StatementId="all", Action="lambda:GetLayerVersion", Principal="*"
)
policy = client.get_layer_version_policy(LayerName="more", VersionNumber=1)
results["policy"] = [json.loads(policy["Policy"])["Statement"] == [json.loads(added["Statement"])], policy["RevisionId"] == added["RevisionId"]]
client.remove_layer_version_permission(LayerName="more", VersionNumber=1, StatementId="all")
print(json.dumps(results))
