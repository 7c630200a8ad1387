"""A client that was generated from the document does what callers do first."""

import os
from io import BytesIO

from hearback_client import AuthenticatedClient
from hearback_client.api.applications import download_attachment, list_attachments, move_application, read_application, submit_application
from hearback_client.api.inbound import receive_mail
from hearback_client.api.jobs import list_jobs
from hearback_client.models import Move, NewApplication, Stage
from hearback_client.types import File

client = AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ["KEY"], raise_on_unexpected_status=True)
job = list_jobs.sync(client=client).items[0]
applicant = NewApplication(name="Kim Example", email="kim@example.org")
receipt = submit_application.sync(job.id, client=client, body=applicant, idempotency_key="smoke-py")
again = submit_application.sync(job.id, client=client, body=applicant, idempotency_key="smoke-py")
assert again.id == receipt.id, "sent again, it is another application"
moved = move_application.sync(receipt.id, client=client, body=Move(stage=Stage.REVIEW, tell=False))
assert moved.stage == Stage.REVIEW
assert read_application.sync(receipt.id, client=client).id == receipt.id
door, resume = f"/v1/jobs/{job.id}/applications", b"%PDF-1.4\n"
with_a_file = client.get_httpx_client().post(
    door, data={"name": "Kim Example", "email": "kim@example.net"}, files={"resume": ("cv.pdf", resume)}, headers={"Accept": "application/json"}
)
attachment = list_attachments.sync(with_a_file.json()["id"], client=client).items[0]
assert download_attachment.sync(attachment.id, client=client).payload.read() == resume
mail = b"From: kim@example.org\r\nSubject: Re: your application\r\n\r\nThank you.\r\n"
kept = receive_mail.sync(client=client, body=File(payload=BytesIO(mail)), recipient="people@example.com", sender="kim@example.org")
again = receive_mail.sync(client=client, body=File(payload=BytesIO(mail)), recipient="people@example.com", sender="kim@example.org")
assert kept.id == again.id
print("Python: applied, sent again, moved, read; a file downloaded, a mail handed over")
