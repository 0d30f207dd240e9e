"""Random requests, signed by botocore: one a line, as JSON. Arguments: how many, key id, secret, seed, time (s since the epoch)."""

import datetime
import json
import random
import sys

import botocore.auth
import botocore.compat
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

count, key_id, secret, seed, at = int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
random.seed(seed)
now = datetime.datetime.fromtimestamp(at, datetime.timezone.utc)


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return now.replace(tzinfo=None)

    @classmethod
    def now(cls, tz=None):
        return now if tz else now.replace(tzinfo=None)


botocore.auth.datetime.datetime = Clock
if hasattr(botocore.auth, "get_current_datetime"):
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: now.replace(tzinfo=None) if remove_tzinfo else now

PATH = "abcXYZ019-_.~:$%/ ü€"
VALUE = "abc019-_.~ !*'();:@&=+$,/?#[]%äπ🔥\""
HEADER = "abc019 -_.~!*'();:@&=+$,/?#[]%\t"


def text(alphabet, most):
    return "".join(random.choice(alphabet) for _ in range(random.randint(0, most)))


def quote(value):
    return botocore.compat.quote(value, safe="-_.~")


def target():
    segments = [quote(text(PATH.replace("/", ""), 12)) for _ in range(random.randint(1, 4))]
    if random.random() < 0.1:
        segments.insert(random.randint(0, len(segments)), random.choice(["", ".", ".."]))
    path = "/" + "/".join(segments) + ("/" if random.random() < 0.2 else "")
    pairs = [(random.choice(["a", "b", "A", "ab", "a-b", text(VALUE, 4) or "x"]), text(VALUE, 8)) for _ in range(random.randint(0, 4))]
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
    return path + ("?" + query if query else "")


def headers():
    names = ["x-amz-invocation-type", "x-amz-client-context", "X-Custom", "Content-Type", "x-amz-meta-Two", "user-agent", "Cache-Control"]
    return {name: text(HEADER, 14).strip() or "v" for name in random.sample(names, random.randint(0, 4))}


credentials = Credentials(key_id, secret)
for number in range(count):
    presigned = number % 4 == 3
    # Into a presigned URL botocore moves a body's members.
    body = b"" if presigned else random.choice([b"", b"{}", random.randbytes(random.randint(1, 200))])
    region = random.choice(["us-east-1", "eu-central-1", "us-gov-west-1", "ap-southeast-2"])
    request = AWSRequest(
        method=random.choice(["GET", "POST", "PUT", "DELETE"]),
        url="http://127.0.0.1:9000" + target(),
        headers=headers(),
        data=body,
    )
    if presigned:
        botocore.auth.SigV4QueryAuth(credentials, "lambda", region, expires=600).add_auth(request)
    else:
        botocore.auth.SigV4Auth(credentials, "lambda", region).add_auth(request)
    prepared = request.prepare()
    print(
        json.dumps(
            {
                "method": prepared.method,
                "url": prepared.url,
                "headers": [[name, value if isinstance(value, str) else value.decode()] for name, value in prepared.headers.items()],
                "body": body.hex(),
                "region": region,
            }
        )
    )
