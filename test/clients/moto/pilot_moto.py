"""Runs moto's tests of Lambda against a host: its URL is in AWS_ENDPOINT_URL_LAMBDA, all other services are moto's own.

PILOT_MOTO_COMPONENT is a file with the component that goes into every zip of the tests beside their Python source.
PILOT_MOTO_LISTED is a JSON file: tests that do not pass, by the reason.
PILOT_MOTO_REPORT is where the outcomes go, as JSON.
"""

import io
import json
import os
import urllib.error
import urllib.request
import zipfile
from urllib.parse import quote

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

URL = os.environ["AWS_ENDPOINT_URL_LAMBDA"]
with open(os.environ["PILOT_MOTO_COMPONENT"], "rb") as file:
    COMPONENT = file.read()
with open(os.environ["PILOT_MOTO_LISTED"], encoding="utf-8") as file:
    LISTED = {name: reason for reason, names in json.load(file).items() for name in names}

outcomes = {}


def _zip(source):
    """As moto's own helper, with the component that runs here."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lambda_function.py", source)
        archive.writestr("component.wasm", COMPONENT)
    return output.getvalue()


def _inline(parameters):
    """Code in moto's S3 is sent along: this host does not read from S3."""
    code = parameters.get("Code") or parameters.get("Content") or parameters
    if "S3Bucket" not in code or not isinstance(code["S3Bucket"], str):
        return parameters
    s3 = boto3.client("s3", "us-east-1")
    try:
        data = s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"])["Body"].read()
    except ClientError:
        return parameters
    inline = {name: value for name, value in code.items() if not name.startswith("S3")} | {"ZipFile": data}
    if code is parameters:
        return inline
    return parameters | {"Code" if "Code" in parameters else "Content": inline}


def pytest_configure(config):
    from tests.test_awslambda import utilities

    utilities._process_lambda = _zip
    call = BaseClient._make_api_call

    def make_api_call(self, operation, parameters):
        if operation in ("CreateFunction", "UpdateFunctionCode", "PublishLayerVersion"):
            parameters = _inline(parameters)
        return call(self, operation, parameters)

    BaseClient._make_api_call = make_api_call


def _name(item):
    return item.nodeid.split("test_awslambda/")[-1].split(".py::", 1)[-1]


def pytest_collection_modifyitems(items):
    for item in items:
        reason = LISTED.get(_name(item)) or LISTED.get(item.originalname)
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=False))


def _call(method, path):
    try:
        request = urllib.request.Request(URL + path, method=method)
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or b"{}")
    except urllib.error.HTTPError:
        return {}


last_class = None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """moto begins every test with nothing, or every class; so does the host."""
    global last_class
    if item.cls is not None and item.cls is last_class:
        return
    last_class = item.cls
    for mapping in _call("GET", "/2015-03-31/event-source-mappings").get("EventSourceMappings", []):
        _call("DELETE", "/2015-03-31/event-source-mappings/" + mapping["UUID"])
    for function in _call("GET", "/2015-03-31/functions").get("Functions", []):
        _call("DELETE", "/2015-03-31/functions/" + function["FunctionName"])
    for layer in _call("GET", "/2018-10-31/layers").get("Layers", []):
        path = "/2018-10-31/layers/" + quote(layer["LayerName"]) + "/versions"
        for version in _call("GET", path).get("LayerVersions", []):
            _call("DELETE", f"{path}/{version['Version']}")


def pytest_runtest_logreport(report):
    name = report.nodeid.split(".py::", 1)[-1]
    if report.when != "call" and report.outcome == "passed":
        return
    listed = hasattr(report, "wasxfail")
    outcome = {"passed": "passes although listed", "skipped": "listed"}[report.outcome] if listed else report.outcome
    why = str(report.longrepr).strip().splitlines()[-1] if report.outcome == "failed" else ""
    outcomes[name] = {"outcome": outcome, "why": why}


def pytest_sessionfinish():
    with open(os.environ["PILOT_MOTO_REPORT"], "w", encoding="utf-8") as file:
        json.dump(outcomes, file, indent=1)
