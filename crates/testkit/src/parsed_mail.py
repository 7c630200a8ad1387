# Reads one mail from standard input as strictly as Python can, and prints what a reader would see as JSON.
import email, email.policy, json, sys

mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.strict)
part = lambda kind: next((p.get_content().replace("\r\n", "\n") for p in mail.walk() if p.get_content_type() == kind), None)
headers = [[name, str(value)] for name, value in mail.items()]
# A header is parsed when it is looked at, and keeps to itself what is wrong with it.
defects = [str(d) for p in mail.walk() for d in p.defects] + [str(d) for v in mail.values() for d in getattr(v, "defects", ())]
json.dump({"headers": headers, "text": part("text/plain"), "html": part("text/html"), "defects": defects}, sys.stdout)
