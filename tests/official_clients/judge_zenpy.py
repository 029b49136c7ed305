"""The stand-in for Zendesk by zenpy, which asserts by itself and ends. tests/zendesk.rs furnishes the account and looks at what is in
it afterwards.
"""

import os
from urllib.parse import urlsplit, urlunsplit

import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment
from zenpy.lib.exception import APIException, RecordNotFoundException

EMAIL, TOKEN, URL = (os.environ[name] for name in ("ZENDESK_EMAIL", "ZENDESK_TOKEN", "ZENDESK_URL"))


class ToStandIn(requests.adapters.HTTPAdapter):
    """Zenpy makes the account's address by itself; only here it leads somewhere else."""

    def send(self, request, **kwargs):
        asked, there = request.url, urlsplit(URL)
        request.url = urlunsplit((there.scheme, there.netloc, *urlsplit(asked)[2:]))
        response = super().send(request, **kwargs)
        request.url = response.url = asked
        return response


def client(token):
    session = requests.Session()
    session.mount("https://", ToStandIn())
    return Zenpy(subdomain="example", email=EMAIL, token=token, session=session, disable_cache=True)


def refused(call):
    """The status that a call must end with."""
    try:
        call()
    except RecordNotFoundException:
        return 404
    except APIException as error:
        return error.response.status_code
    return "fine"


zendesk = client(TOKEN)
assert zendesk.users.me().role == "admin"
assert refused(lambda: client("wrong").users.me()) == 401
agents = {user.name: user for user in zendesk.users(role="agent")}
assert agents["가온별"].email == "gaon@example.co.kr", agents

ticket = zendesk.tickets(id=4242)
assert (ticket.status, ticket.assignee.name) == ("open", "가온별")
stamp = ticket.updated_at
ticket.assignee_id = agents["다솜윤"].id
ticket.comment = Comment(body="zenpy", public=False)
ticket.metadata = {"judge": "zenpy"}
ticket.safe_update, ticket.updated_stamp = True, stamp
audit = zendesk.tickets.update(ticket)
assert audit.ticket.assignee.name == "다솜윤"
assert [event["type"] for event in audit.audit.events] == ["Comment", "Change"], audit.audit.events

late = zendesk.tickets(id=4242)
late.comment = Comment(body="늦음", public=False)
late.safe_update, late.updated_stamp = True, stamp
assert refused(lambda: zendesk.tickets.update(late)) == 409

audits = list(zendesk.tickets.audits(ticket=4242))
assert audits[-1].metadata.custom == {"judge": "zenpy"}, audits[-1].to_dict()
comments = list(zendesk.tickets.comments(ticket=4242))
assert (comments[-1].body, comments[-1].public) == ("zenpy", False)

found = list(zendesk.search(type="ticket", status_less_than="solved", assignee="dasom@example.co.kr"))
assert [ticket.id for ticket in found] == [4242], found
assert zendesk.search.count("type:ticket status<solved assignee:dasom@example.co.kr") == 1

assert refused(lambda: zendesk.tickets(id=9999)) == 404
closed = zendesk.tickets(id=4300)
closed.status = "open"
assert refused(lambda: zendesk.tickets.update(closed)) == 422
