"""Answers a mail as mail programs do, and hands the answer to a mail server.

Standard input is the mail; the arguments are the server's port, who answers, and what they write.
"""

import email
import smtplib
import sys
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr

port, sender, words = sys.argv[1:]
answered = email.message_from_bytes(sys.stdin.buffer.read(), policy=SMTP)
text = answered.get_body(("plain",)).get_content()
quoted = "".join(f"> {line}\n" for line in text.splitlines())
subject = answered["Subject"]

mail = EmailMessage(policy=SMTP)
mail["From"] = sender
mail["To"] = answered["Reply-To"] or answered["From"]
mail["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
mail["Date"] = formatdate(localtime=True)
mail["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2])
mail["In-Reply-To"] = answered["Message-ID"]
mail["References"] = " ".join(filter(None, [answered["References"], answered["Message-ID"]]))
mail.set_content(f"{words}\n\nOn {answered['Date']}, {answered['From']} wrote:\n{quoted}")
mail.add_alternative(f"<p>{words}</p><blockquote type=\"cite\"><pre>{text}</pre></blockquote>", subtype="html")
with smtplib.SMTP("127.0.0.1", int(port)) as server:
    server.send_message(mail)
print(mail["Message-ID"])
