"""Sends every event to every function. Arguments: a folder of events, then function names. Prints the answers' texts as JSON."""

import json
import pathlib
import sys

import boto3

client = boto3.client("lambda")
answers = {}
for function in sys.argv[2:]:
    answers[function] = {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*/*.json")):
        reply = client.invoke(FunctionName=function, Payload=path.read_bytes())
        answers[function][f"{path.parent.name}/{path.name}"] = [reply.get("FunctionError"), reply["Payload"].read().decode("latin-1")]
print(json.dumps(answers))
