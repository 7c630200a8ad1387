"""A relay that takes mail, but for what its recipients' names say: `gone@` is refused for good, `later@` at its first try."""

import socketserver
import threading


class Relay(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.put_off, self.taken, self.lock = set(), {}, threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def verdict(self, recipient):
        name = recipient.split("@")[0]
        with self.lock:
            first, _ = recipient not in self.put_off, self.put_off.add(recipient)
        if name == "gone":
            return "550 5.1.1 nobody here"
        return "451 4.3.0 later" if name == "later" and first else "250 2.1.5 ok"


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        self.say("220 relay.test ESMTP")
        sender = recipient = None
        for line in self.rfile:
            command = line.decode("utf-8", "replace").strip()
            verb = command.upper()
            if verb.startswith("EHLO"):
                self.say("250-relay.test\r\n250 ENHANCEDSTATUSCODES")
            elif verb.startswith("MAIL FROM:"):
                sender = command.split("<")[1].split(">")[0]
                self.say("250 2.1.0 ok")
            elif verb.startswith("RCPT TO:"):
                recipient = command.split("<")[1].split(">")[0]
                self.say(self.server.verdict(recipient))
            elif verb == "DATA":
                self.say("354 go on")
                reply_to = None
                while (line := self.rfile.readline().strip(b"\r\n")) != b".":
                    if line.lower().startswith(b"reply-to:"):
                        reply_to = line.decode().split(":", 1)[1].strip().split("<")[-1].rstrip(">")
                with self.server.lock:
                    self.server.taken[recipient] = (sender, reply_to)
                self.say("250 2.0.0 taken")
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("250 2.0.0 ok")

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")
