"""A client that was generated from the document does what callers do first."""

import os

from hearback_client import AuthenticatedClient
from hearback_client.api.applications import move_application, read_application, submit_application
from hearback_client.api.jobs import list_jobs
from hearback_client.models import Move, NewApplication, Stage

client = AuthenticatedClient(base_url=os.environ["BASE"], token=os.environ["KEY"], raise_on_unexpected_status=True)
job = list_jobs.sync(client=client).items[0]
applicant = NewApplication(name="Kim Example", email="kim@example.org")
receipt = submit_application.sync(job.id, client=client, body=applicant, idempotency_key="smoke-py")
again = submit_application.sync(job.id, client=client, body=applicant, idempotency_key="smoke-py")
assert again.id == receipt.id, "sent again, it is another application"
moved = move_application.sync(receipt.id, client=client, body=Move(stage=Stage.REVIEW, tell=False))
assert moved.stage == Stage.REVIEW
assert read_application.sync(receipt.id, client=client).id == receipt.id
print("Python: applied, sent again, moved, read")
