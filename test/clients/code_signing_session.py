"""What code-signing.test.ts asks boto3 to do. Arguments: a component, its bundle, its publisher's ARN. Prints JSON."""

import io
import json
import pathlib
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/lambda"
code, bundle = (pathlib.Path(path).read_bytes() for path in sys.argv[1:3])
publisher = sys.argv[3]
client = boto3.client("lambda")
results = {}


def zipped(**files):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as it:
        for name, content in files.items():
            it.writestr(name.replace("_", "."), content)
    return archive.getvalue()


def error_of(operation, **arguments):
    try:
        getattr(client, operation)(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


config = client.create_code_signing_config(
    AllowedPublishers={"SigningProfileVersionArns": [publisher]},
    CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
)["CodeSigningConfig"]["CodeSigningConfigArn"]
signed = zipped(f_wasm=code, f_sigstore_json=bundle)
unsigned = zipped(f_wasm=code)
create = dict(FunctionName="fn", Role=ROLE, Runtime="provided.wasi", CodeSigningConfigArn=config)
results["unsigned"] = error_of("create_function", **create, Code={"ZipFile": unsigned})
results["altered"] = error_of("create_function", **create, Code={"ZipFile": zipped(f_wasm=code + b"\0", f_sigstore_json=bundle)})
client.create_function(**create, Code={"ZipFile": signed})
client.get_waiter("function_active_v2").wait(FunctionName="fn")
results["signer"] = client.get_function_configuration(FunctionName="fn")["SigningProfileVersionArn"] == publisher
results["invoked"] = json.loads(client.invoke(FunctionName="fn", Payload=b'{"n": 1}')["Payload"].read())
pages = client.get_paginator("list_functions_by_code_signing_config").paginate(CodeSigningConfigArn=config)
results["functions"] = [arn.split(":")[-1] for page in pages for arn in page["FunctionArns"]]
results["in use"] = error_of("delete_code_signing_config", CodeSigningConfigArn=config)
client.update_code_signing_config(
    CodeSigningConfigArn=config, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Warn"}
)
results["warned"] = "SigningProfileVersionArn" in client.update_function_code(FunctionName="fn", ZipFile=unsigned)
client.get_waiter("function_updated_v2").wait(FunctionName="fn")
client.delete_function_code_signing_config(FunctionName="fn")
results["without"] = "CodeSigningConfigArn" in client.get_function_code_signing_config(FunctionName="fn")
client.put_function_code_signing_config(FunctionName="fn", CodeSigningConfigArn=config)
results["with"] = client.get_function_code_signing_config(FunctionName="fn")["CodeSigningConfigArn"] == config
client.delete_function_code_signing_config(FunctionName="fn")
client.delete_code_signing_config(CodeSigningConfigArn=config)
pages = client.get_paginator("list_code_signing_configs").paginate()
results["configs"] = [it for page in pages for it in page["CodeSigningConfigs"]]
print(json.dumps(results))
