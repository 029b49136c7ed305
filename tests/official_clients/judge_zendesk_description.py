"""Requests to Zendesk, and the stand-in's answers, held against Zendesk's public API description, as a client that was generated from
it has it (`python-zendesk`): judge_zendesk_description.py REQUESTS.json

REQUESTS.json is what the bot sent: `[{"method", "path", "query": [[name, value]], "body"}]`.
"""

import json
import os
import re
import sys
from pathlib import Path

import zendesk
from zendesk import Zendesk, models

EMAIL, TOKEN, URL = (os.environ[name] for name in ("ZENDESK_EMAIL", "ZENDESK_TOKEN", "ZENDESK_URL"))
SOURCES = Path(zendesk.__file__).parent

# Documented in prose ("Setting metadata"), not in the description.
IN_PROSE = {"metadata"}


def operations():
    """Method, path and query parameters of every operation."""
    for source in SOURCES.glob("*.py"):
        text = source.read_text(encoding="utf-8")
        built = re.findall(
            r"request = models\.(\w+)\(.*?method=\"(\w+)\",\s+path=\"([^\"]+)\"", text, re.DOTALL
        )
        for model, method, path in built:
            fields = getattr(models, model).model_fields
            yield method, path, {field.alias or name for name, field in fields.items()}
        bare = re.findall(r"method=\"(\w+)\",\s+path=\"([^\"]+)\"", text)
        for method, path in bare:
            yield method, path, set()


def described(request):
    """Whether the description has such an operation, with every parameter of the query."""
    path = request["path"].removesuffix(".json")
    named = {name for name, _ in request["query"]}
    for method, template, parameters in OPERATIONS:
        pattern = re.sub(r"\\{\w+\\}", r"\\d+", re.escape(template))
        if method == request["method"] and re.fullmatch(pattern, path) and named <= parameters:
            return True
    return False


OPERATIONS = list(operations())
assert len(OPERATIONS) > 500, len(OPERATIONS)
assert not described({"method": "GET", "path": "/api/v2/no/such", "query": []})
assert not described({"method": "GET", "path": "/api/v2/users.json", "query": [["nobody", "1"]]})

sent = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
assert {request["method"] for request in sent} == {"GET", "PUT"}, sent
for request in sent:
    assert described(request), request
    if request["method"] == "PUT":
        ticket = request["body"]["ticket"]
        fields = {field.alias or name for name, field in models.TicketUpdateInput.model_fields.items()}
        assert set(ticket) - IN_PROSE <= fields, set(ticket) - fields
        comment = models.TicketCommentObjectInput.model_fields
        assert set(ticket["comment"]) <= set(comment), ticket["comment"]
        models.TicketUpdateRequest.model_validate(request["body"])

security = models.Security(username=f"{EMAIL}/token", password=TOKEN)
with Zendesk(security=security, server_url=URL) as client:
    assert client.users.show_current_user().user.role == "admin"
    listed = client.users.list_users(page_size=1, role_query_parameter="agent")
    names = []
    while listed is not None:
        names += [user.name for user in listed.result.users]
        listed = listed.next()
    assert sorted(names) == ["가온별", "다솜윤"], names
    ticket = client.tickets.show_ticket(ticket_id=4242).ticket
    assert ticket.subject == "고객이 쓴 제목", ticket
    change = {"comment": {"body": "python-zendesk", "public": False}, "status": "pending"}
    changed = client.tickets.update_ticket(ticket_id=4242, ticket=change)
    assert changed.ticket.status == "pending", changed
    audits = client.ticket_audits.list_audits_for_ticket(ticket_id=4242).result.audits
    assert audits[-1].events, audits
    counted = client.search.count_search_results(query="type:ticket status<solved assignee:gaon@example.co.kr")
    assert counted.count == 1, counted
    try:
        client.tickets.show_ticket(ticket_id=9999)
    except zendesk.errors.ZendeskError as error:
        assert error.status_code == 404, error
    else:
        raise AssertionError("a ticket that is not there")
