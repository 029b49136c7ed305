#!/usr/bin/env python3
"""A mail server for the tests: aiosmtpd, with the moods that mail servers have.

Prints its port, then runs until it is stopped. Every mail that it takes goes into --out as a line of JSON, read by Python's own
parser, before it is answered. What it does is chosen by the recipient's name:

  refused@…   550 at once             grey@…      451 the first time, accepted from then on
  slow@…      answers RCPT never      cut@…       closes the connection at RCPT
  silent@…    takes the text and answers never
  gone@…      takes the text and closes the connection
  spam@…      takes the text and refuses it, 554
  busy@…      takes the text and asks to come again, 452
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

FOREVER = 3600


class Moods:
    def __init__(self, out):
        self.out = out
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        match address.split("@")[0]:
            case "refused":
                return f"550 5.1.1 <{address}>: no such person here"
            case "grey" if address not in self.seen:
                self.seen.add(address)
                return f"451 4.7.1 <{address}>: come again"
            case "slow":
                await asyncio.sleep(FOREVER)
            case "cut":
                server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        names = {address.split("@")[0] for address in envelope.rcpt_tos}
        if "spam" in names:
            return "554 5.7.1 looks like spam"
        if "busy" in names:
            return "452 4.3.1 no room just now"
        self.keep(server, session, envelope)
        if "silent" in names:
            await asyncio.sleep(FOREVER)
        if "gone" in names:
            server.transport.abort()
        return "250 taken"

    def keep(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        addresses = lambda name: [one.addr_spec for one in mail[name].addresses] if mail[name] else []
        told = {
            "from": addresses("From"),
            "to": addresses("To"),
            "cc": addresses("Cc"),
            "subject": str(mail["Subject"]),
            # a line of a mail ends so
            "text": mail.get_content().replace("\r\n", "\n"),
            "date": mail["Date"].datetime.isoformat(),
            "message_id": str(mail["Message-ID"]),
            "defects": [str(defect) for defect in mail.defects],
            "ascii": envelope.original_content.isascii(),
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "user": session.auth_data,
        }
        with open(self.out, "a", encoding="utf-8") as out:
            out.write(json.dumps(told, ensure_ascii=False) + "\n")


def authenticator(user, password):
    def check(server, session, envelope, mechanism, given):
        fits = (given.login, given.password) == (user.encode(), password.encode())
        return AuthResult(success=fits, handled=False, auth_data=user)

    return check


async def main():
    # over TLS from the first byte it does not see that there is TLS, and says so at every connection
    warnings.simplefilter("ignore", UserWarning)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    parser = argparse.ArgumentParser()
    parser.add_argument("--tls", choices=["none", "starttls", "whole"], default="none")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    context = None
    if args.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(args.certificate, args.key)
    starttls = args.tls == "starttls"
    moods = Moods(args.out)

    def serve():
        return SMTP(
            moods,
            hostname="mail.example.com",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            auth_required=args.user is not None,
            auth_require_tls=starttls,
            authenticator=authenticator(args.user, args.password) if args.user else None,
        )

    loop = asyncio.get_running_loop()
    whole = context if args.tls == "whole" else None
    server = await loop.create_server(serve, "127.0.0.1", 0, ssl=whole)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
