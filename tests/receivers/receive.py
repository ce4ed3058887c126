"""A mail server, and a program that takes webhooks and chat messages: each message is a line of JSON on standard output.

The directory that is given holds what to do: `secret.NAME` is what messages to /NAME are signed with, `status.NAME` is what they are
answered (204 without it), `smtp` is what the mail server answers to a message (250 without it). Signatures are checked by the
library of Standard Webhooks, and by nothing of ours.
"""

import asyncio
import json
import pathlib
import sys
import threading
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import SMTP
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

ROOT = pathlib.Path(sys.argv[1])
TELL = threading.Lock()


def tell(**line):
    with TELL:
        print(json.dumps(line), flush=True)


def told(name, usual):
    file = ROOT / name
    return file.read_text().strip() if file.exists() else usual


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        name = self.path.strip("/")
        status = int(told(f"status.{name}", "204"))
        secret = told(f"secret.{name}", None)
        verified = None
        if secret is not None:
            try:
                Webhook(secret).verify(body, {key.lower(): value for key, value in self.headers.items()})
                verified = True
            except WebhookVerificationError:
                verified = False
        tell(
            kind="post",
            name=name,
            id=self.headers.get("webhook-id"),
            verified=verified,
            status=status,
            body=json.loads(body),
        )
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


class Mailbox:
    async def handle_DATA(self, server, session, envelope):
        answer = told("smtp", "250 taken")
        message = message_from_bytes(envelope.content, policy=policy.default)
        tell(
            kind="mail",
            to=envelope.rcpt_tos,
            sender=envelope.mail_from,
            subject=message["subject"],
            id=message["message-id"],
            auto=message["auto-submitted"],
            text=message.get_content(),
            user=session.auth_data if isinstance(session.auth_data, str) else None,
            status=answer.split()[0],
        )
        return answer


async def main():
    web = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(Mailbox(), enable_SMTPUTF8=True), "127.0.0.1", 0)
    tell(kind="ready", http=web.server_address[1], smtp=mail.sockets[0].getsockname()[1])
    # Whoever started it has gone when nothing more can be read.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
