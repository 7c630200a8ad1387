"""What schemathesis does not know by itself: that a mail is bytes, and which ids there are.

An id that was made up is nobody's, and whatever is asked of it is answered with 404. So three of four that are well-formed are replaced by
ids that the server has given out before, or was asked to make here. Writes `successes` into the working directory: which operations did
what they were asked to, and which never came to it.
"""

import atexit
import collections
import itertools
import json
import os
import re
import threading
import urllib.parse
import urllib.request

import schemathesis

BASE, KEY = os.environ["BASE"], os.environ["KEY"]
ID = re.compile(r"([a-z]{3})_[0-9a-hjkmnp-tv-z]{26}")
# Whoever revokes the key that asks is answered with 401 from then on.
OWN = KEY.split("_")[1]
known, lock, turn = collections.defaultdict(dict), threading.Lock(), itertools.count()
asked, done = set(), set()


@schemathesis.serializer("message/rfc822")
def mail(ctx, value):
    """A mail is bytes: what was made up is sent as it is."""
    value = getattr(value, "data", value)
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def remember(text):
    with lock:
        for found in ID.finditer(text):
            if OWN not in found[0]:
                ids = known[found[1]]
                ids.pop(found[0], None)
                ids[found[0]] = None
                while len(ids) > 40:
                    ids.pop(next(iter(ids)))


def existing(value):
    """The same, with ids that exist."""
    if isinstance(value, dict):
        return {name: existing(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [existing(inner) for inner in value]
    if isinstance(value, str) and (found := ID.fullmatch(value)):
        with lock:
            number, ids = next(turn), list(known[found[1]])
        return ids[number % len(ids)] if ids and number % 4 else value
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    for part in ("path_parameters", "query", "body"):
        value = getattr(case, part)
        if isinstance(value, (dict, list)) and value:
            setattr(case, part, existing(value))


@schemathesis.hook
def map_headers(context, headers):
    # One key for two requests is refused, and that is seen often enough.
    key = (headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[!#-\[\]-~]{1,200}", key) and next(turn) % 8:
        headers["Idempotency-Key"] = f"{key}-{next(turn)}"
    # A tag that was made up is never the present one.
    tag = (headers or {}).get("If-Match")
    if isinstance(tag, str) and re.fullmatch(r'(W/)?"[!#-~]*"', tag) and next(turn) % 2:
        headers["If-Match"] = "*"
    return headers


@schemathesis.hook
def after_call(context, case, response):
    asked.add(case.operation.label)
    if response.status_code < 400:
        done.add(case.operation.label)
    if response.status_code < 300 and "json" in "".join(response.headers.get("content-type", "")):
        remember(response.text)


def ask(method, path, body=None, content_type="application/json"):
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{BASE}/v1/{path}", data, {"Authorization": f"Bearer {KEY}", "Content-Type": content_type}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    remember(text)
    return json.loads(text)


def form(job, body, content_type):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": content_type, "Accept": "application/json"}
    request = urllib.request.Request(f"{BASE}/v1/jobs/{job}/applications", body, headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())["id"]


def some_of_everything():
    board = ask("GET", "boards")["items"][0]["id"]
    job = lambda title: ask("POST", "jobs", {"board_id": board, "title": title, "owner": "owner@example.com"})["id"]
    open_job, closed = job("Open"), job("Closed")
    for number in range(20):
        for at in (open_job, closed):
            applicant = {"name": f"Robin {number}", "email": f"robin-{number}@example.org"}
            ask("POST", f"jobs/{at}/applications", applicant)
    # Whoever fills in what people do not see is taken for a machine, and the acknowledgement is held.
    for number in range(10):
        applicant = {"name": "Robin", "email": f"held-{number}@example.org", "_gotcha": "x"}
        form(open_job, urllib.parse.urlencode(applicant).encode(), "application/x-www-form-urlencoded")
    parts = {"name": b"Robin Example", "email": b"robin@example.org", 'resume"; filename="cv.pdf': b"%PDF-1.4\n"}
    body = b"".join(b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value) for name, value in parts.items())
    applied = form(open_job, body + b"--b--\r\n", "multipart/form-data; boundary=b")
    ask("GET", f"applications/{applied}/attachments")
    for state in ("held", "scheduled"):
        ask("GET", f"notifications?state={state}&limit=20")
    ask("POST", f"jobs/{closed}/close", {})
    endpoint = ask("POST", "webhook-endpoints", {"url": "https://hooks.example.com/"})["endpoint"]["id"]
    for number in range(10):
        ask("POST", f"webhook-endpoints/{endpoint}/ping", {})
        ask("POST", "keys", {"kind": "publishable", "name": f"page {number}"})
    missing = {"brd", "job", "app", "ntf", "att", "whe", "whd", "key"} - set(known)
    assert not missing, f"of these there is none: {missing}; of these there is: {set(known)}"


@atexit.register
def say():
    never = sorted(asked - done)
    with open("successes", "w") as file:
        file.write(f"{len(done)} of {len(asked)} operations did what they were asked to" + (f"; never: {', '.join(never)}" if never else ""))


some_of_everything()
