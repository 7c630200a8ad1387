"""A program that is told by webhooks, over TLS, and knows nothing of Hearback but its OpenAPI document and a library of Standard Webhooks.

consumer.py PROGRAM DOCUMENT DATABASE_URL: starts a server, leads applications through everything that webhooks tell of, and holds every
delivery against the library and the document. Ends with 1 unless all of it was told and verified.
"""

import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

import jsonschema_rs
from relay import Relay
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

PROGRAM, DOCUMENT, DATABASE = sys.argv[1:]
PATIENCE = 120
document = json.load(open(DOCUMENT))
told = document["webhooks"]
folder = tempfile.TemporaryDirectory()


def until(what, check):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := check():
            return found
        time.sleep(0.1)
    raise SystemExit(f"waited too long for {what}")


class Endpoint:
    """What stands behind one URL: its answer, its secrets, and what it was sent."""

    def __init__(self, path, status=204):
        self.path, self.status, self.secrets, self.taken, self.troubles = path, status, [], [], []

    def take(self, headers, body):
        self.taken.append((headers, body))
        try:
            for secret in self.secrets:
                payload = Webhook(secret).verify(body, headers)
            described(payload, headers)
        except Exception as trouble:
            self.troubles.append(f"{body.decode()}: {trouble!r}")


def described(payload, headers):
    """Whether the document says so."""
    operation = told[payload["type"]]["post"]
    pointer = f"#/webhooks/{payload['type']}/post/requestBody/content/application~1json/schema"
    jsonschema_rs.Draft202012Validator({**document, "$ref": pointer}, validate_formats=True).validate(payload)
    for parameter in operation["parameters"]:
        value, schema = headers[parameter["name"]], parameter["schema"]
        value = int(value) if schema.get("type") == "integer" else value
        jsonschema_rs.Draft202012Validator({**document, **schema}).validate(value)


def certificate():
    """For this machine, and good for its own root."""
    key, pem = f"{folder.name}/key.pem", f"{folder.name}/certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", pem, "-days", "2",
         "-subj", "/CN=consumer", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"],
        check=True, capture_output=True,
    )
    return key, pem


key_file, root = certificate()
everything, rotated, gone, elsewhere = Endpoint("/all"), Endpoint("/rotated"), Endpoint("/gone", 410), Endpoint("/elsewhere")
redirecting = Endpoint("/redirecting", 307)
endpoints = {endpoint.path: endpoint for endpoint in (everything, rotated, gone, elsewhere, redirecting)}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        endpoint = endpoints[self.path]
        endpoint.take({name.lower(): value for name, value in self.headers.items()}, body)
        self.send_response(endpoint.status)
        self.send_header("content-length", "0")
        if endpoint.status == 307:
            self.send_header("location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


class Listener(http.server.ThreadingHTTPServer):
    """A handshake that is refused is not worth a line: `openssl` on the other side is tested by what arrives."""

    def handle_error(self, *_):
        pass


listener = Listener(("127.0.0.1", 0), Handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(root, key_file)
listener.socket = tls.wrap_socket(listener.socket, server_side=True)
threading.Thread(target=listener.serve_forever, daemon=True).start()

relay = Relay()
settings = {
    **os.environ,
    "HEARBACK_DATABASE__URL": DATABASE,
    "HEARBACK_LISTEN": "127.0.0.1:0",
    "HEARBACK_LOG__LEVEL": "warn",
    "HEARBACK_MAIL__TRANSPORT": "smtp",
    "HEARBACK_MAIL__SMTP__HOST": "127.0.0.1",
    "HEARBACK_MAIL__SMTP__PORT": str(relay.port),
    "HEARBACK_MAIL__SMTP__SECURITY": "none",
    "HEARBACK_MAIL__REPLY_DOMAIN": "replies.example.com",
    "HEARBACK_PROMISES__QUIET_HOURS": "none",
    "HEARBACK_WEBHOOKS__TO_LOOPBACK": "true",
    # A private authority.
    "SSL_CERT_FILE": root,
}


def program(*arguments, **more):
    done = subprocess.run([PROGRAM, *arguments], cwd=folder.name, env=settings, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"hearback {' '.join(arguments)}: {done.stderr}")
    return done.stdout.strip()


log = open(f"{folder.name}/log", "w+")
serving = subprocess.Popen([PROGRAM, "serve"], cwd=folder.name, env=settings, stdout=log, stderr=log)


def address():
    if serving.poll() is not None:
        raise SystemExit(f"the server did not start: {open(log.name).read()}")
    return re.search(r"http://127\.0\.0\.1:\d+", open(log.name).read())


base = until("the server", address)[0]
secret_key = program("keys", "create", "--kind", "secret", "--name", "consumer")


def call(method, path, body=None, **more):
    headers = {"Authorization": f"Bearer {secret_key}", "Content-Type": "application/json", **more}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{base}/v1/{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as refused:
        raise SystemExit(f"{method} {path}: {refused.code} {refused.read().decode()}") from None


def post(path, body=None):
    return call("POST", path, body or {})


def receive_at(endpoint, types=()):
    url = f"https://127.0.0.1:{listener.server_address[1]}{endpoint.path}"
    made = post("webhook-endpoints", {"url": url, "types": list(types)})
    endpoint.secrets, endpoint.id = [made["secret"]], made["endpoint"]["id"]


def message_of(application, kind, state, tries=0):
    def found():
        items = call("GET", f"applications/{application}")["notifications"]
        fits = (item["id"] for item in items if item["kind"] == kind and item["state"] == state and len(item["tries"]) >= tries)
        return next(fits, None)

    return until(f"a message `{kind}` that is {state}", found)


def applied(name, at=None):
    return post(f"jobs/{at or job}/applications", {"name": "Robin Example", "email": f"{name}@example.org"})["id"]


def a_small_life():
    """Everything that webhooks tell of, once."""
    # Nobody decides: an alert comes after three quarters of the time.
    board = call("GET", f"jobs/{job}")["board_id"]
    undecided = post("jobs", {"board_id": board, "title": "Nobody decides", "owner": "owner@example.com"})["id"]
    call("PUT", f"jobs/{undecided}/policy", {"decide_within": "50 s", "deliver_within": "1 s"}, **{"If-Match": "*"})
    applied("nobody-decides", undecided)
    post(f"applications/{applied('erased')}/erase")
    later = (datetime.now(timezone.utc) + timedelta(days=3)).isoformat()
    one = applied("one")
    post(f"applications/{one}/move", {"stage": "interview", "tell": True})
    post(f"applications/{one}/interviews", {"at": datetime.now(timezone.utc).isoformat()})
    post(f"applications/{one}/postpone", {"reason": "The head of department is back then.", "until": later})
    post(f"applications/{one}/hire")
    two = applied("two")
    post(f"applications/{two}/reject", {"reason": "position_filled"})
    post(f"applications/{two}/unreject")
    post(f"applications/{two}/told-otherwise", {"channel": "phone", "said": "update"})
    post(f"applications/{two}/withdraw")
    gone_for_good = applied("gone")
    message_of(gone_for_good, "received", "undeliverable")
    post(f"applications/{gone_for_good}/address", {"email": "found@example.org"})
    for name in ("Robin Example", "Robin Sample"):
        call("PUT", f"jobs/{job}/applications/by-external-id/six", {"name": name, "email": "six@example.org"})
    four, five = applied("four"), applied("five")
    post(f"applications/{five}/merge", {"into": four})
    post(f"applications/{five}/unmerge")
    post(f"notifications/{message_of(applied('later'), 'received', 'scheduled', 1)}/retry")
    three = applied("three")
    post(f"applications/{three}/reject", {"reason": "position_filled"})
    post(f"notifications/{message_of(three, 'rejected', 'scheduled')}/cancel", {"reason": "She was told by phone."})
    # Whoever fills in what people do not see is taken for a machine, and held.
    form = urllib.parse.urlencode({"name": "Robin Example", "email": "held@example.org", "_gotcha": "x"}).encode()
    request = urllib.request.Request(f"{base}/v1/jobs/{job}/applications", form, {"Authorization": f"Bearer {secret_key}"})
    urllib.request.urlopen(request, timeout=30).close()
    held = call("GET", "applications?email=held@example.org")["items"][0]["id"]
    post(f"notifications/{message_of(held, 'received', 'held')}/release")
    # It was taken, and comes back.
    bounced = applied("bounced")
    message_of(bounced, "received", "sent")
    report = (
        "From: MAILER-DAEMON@example.org\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.org\r\n\r\n"
        "Final-Recipient: rfc822; bounced@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    program("ingest", "--recipient", relay.taken["bounced@example.org"][0], input=report)
    # It was taken, and is not wanted.
    message_of(applied("complained"), "received", "sent")
    complaint = (
        "From: feedback@example.org\r\nSubject: Complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\n\r\nThis is unwanted.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: Mailbox/1\r\nVersion: 1\r\n"
        "Original-Rcpt-To: complained@example.org\r\n\r\n--b--\r\n"
    )
    program("ingest", "--recipient", relay.taken["complained@example.org"][0], input=complaint)
    # And somebody answers.
    message_of(four, "received", "sent")
    answer = "From: four@example.org\r\nSubject: Re: your application\r\nMessage-ID: <1@example.org>\r\n\r\nWhen do I hear from you?\r\n"
    program("ingest", "--sender", "four@example.org", "--recipient", relay.taken["four@example.org"][1], input=answer)
    until("the answer", lambda: any(event["kind"] == "replied" for event in call("GET", f"applications/{four}")["timeline"]))
    # In this order: once the message is sent there is nothing left to mark.
    post(f"applications/{four}/answered", {"note": "She was called."})
    post(f"applications/{four}/messages", {"text": "You hear from us on Monday."})
    post(f"webhook-endpoints/{everything.id}/ping")


def last(endpoint, count):
    until(f"webhook {count} at {endpoint.path}", lambda: len(endpoint.taken) >= count)
    return endpoint.taken[count - 1]


def refused(secret, headers, body):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return True
    return False


def a_rotation():
    receive_at(rotated, ["webhook.ping"])
    post(f"webhook-endpoints/{rotated.id}/ping")
    headers, body = last(rotated, 1)
    assert len(headers["webhook-signature"].split(" ")) == 1
    for changed in (body.replace(b"webhook.ping", b"webhook.pong"), body + b" ", b"{}"):
        assert refused(rotated.secrets[0], headers, changed), "it was changed on its way"
    assert refused(rotated.secrets[0], {**headers, "webhook-id": "whd_other"}, body), "it has another's id"
    assert refused(rotated.secrets[0], {**headers, "webhook-timestamp": str(int(time.time()) - 3600)}, body), "it is old"
    assert refused(everything.secrets[0], headers, body), "it is another's"
    # Both verify what is sent from now on: `take` asks the library with each.
    rotated.secrets.append(post(f"webhook-endpoints/{rotated.id}/rotate-secret")["secret"])
    post(f"webhook-endpoints/{rotated.id}/ping")
    headers, body = last(rotated, 2)
    assert len(headers["webhook-signature"].split(" ")) == 2, headers


def tries(endpoint):
    deliveries = call("GET", f"webhook-endpoints/{endpoint.id}/deliveries")["items"]
    return [(delivery["state"], made["status"]) for delivery in deliveries for made in delivery["tries"]]


def endpoints_that_do_not_take_it():
    for endpoint in (gone, redirecting):
        receive_at(endpoint, ["webhook.ping"])
        post(f"webhook-endpoints/{endpoint.id}/ping")
    assert until("the try at /gone", lambda: tries(gone)) == [("dead", 410)]
    assert call("GET", f"webhook-endpoints/{gone.id}")["disabled_for"] == "gone"
    # By now it may be tried again.
    assert until("the try at /redirecting", lambda: tries(redirecting))[0][1] == 307
    assert not elsewhere.taken, "a redirect was followed"


try:
    job = call("GET", "jobs")["items"][0]["id"]
    receive_at(everything)
    a_rotation()
    endpoints_that_do_not_take_it()
    a_small_life()
    types = lambda: {json.loads(body)["type"] for _, body in everything.taken}
    try:
        until("every type of webhook", lambda: types() >= set(told))
    except SystemExit as late:
        raise SystemExit(f"{late}; missing: {sorted(set(told) - types())}") from None
    troubles = [trouble for endpoint in endpoints.values() for trouble in endpoint.troubles]
    assert not troubles, "\n".join(troubles)
    ids = [headers["webhook-id"] for headers, _ in everything.taken]
    count = sum(len(endpoint.taken) for endpoint in endpoints.values())
    print(f"{count} webhooks of {len(types())} types over TLS, each verified and as described; {len(ids) - len(set(ids))} repeats")
finally:
    serving.terminate()
    serving.wait()
    said = open(log.name).read()
    if sys.exc_info()[0] is not None:
        print(said, file=sys.stderr)
