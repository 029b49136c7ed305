"""The Web API and Socket Mode by slack_sdk: judge_sdk.py web | socket builtin | socket websocket_client.

`web` asserts by itself and ends; `socket` stays, and tests/official_clients.rs plays the people.
"""

import os
import sys
import threading

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    InputBlock,
    MarkdownBlock,
    OverflowMenuElement,
    SectionBlock,
    SelectElement,
)
from slack_sdk.models.blocks.basic_components import ConfirmObject, Option, OptionGroup
from slack_sdk.models.blocks.block_elements import InputInteractiveElement, InteractiveElement
from slack_sdk.models.views import View
from slack_sdk.socket_mode.response import SocketModeResponse

BASE = os.environ["SLACK_API_URL"]


def client(token=os.environ["SLACK_BOT_TOKEN"], **more):
    return WebClient(token=token, base_url=BASE, **more)


def plain(text):
    return {"type": "plain_text", "text": text}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


def refused(error_name, call, /, **args):
    """The call must be refused by this name of Slack's."""
    try:
        call(**args)
    except SlackApiError as error:
        assert error.response["error"] == error_name, f"{error_name} was expected: {error.response.data}"
        return error.response
    raise AssertionError(f"{error_name} was expected, and the call was taken: {args}")


def who_is_who(web):
    me = web.auth_test()
    assert me["ok"] and me["user_id"].startswith("U") and me["bot_id"].startswith("B"), me.data
    people = [user for page in web.users_list(limit=2) for user in page["members"]]
    assert len(people) == len({user["id"] for user in people}) > 3, people
    assert any(user["id"] == "USLACKBOT" for user in people)
    assert web.users_info(user=me["user_id"])["user"]["is_bot"]
    assert web.bots_info(bot=me["bot_id"])["bot"]["user_id"] == me["user_id"]
    person = next(user for user in people if user["profile"].get("email"))
    found = web.users_lookupByEmail(email=person["profile"]["email"])
    assert found["user"]["id"] == person["id"]
    assert web.users_getPresence(user=person["id"])["presence"] == "active"
    assert web.users_profile_get(user=person["id"])["profile"]["real_name"] == person["real_name"]
    assert web.dnd_info(user=person["id"])["dnd_enabled"] is False
    groups = web.usergroups_list(include_users=True)["usergroups"]
    assert groups[0]["users"] == web.usergroups_users_list(usergroup=groups[0]["id"])["users"]
    channels = {one["name"]: one for one in web.conversations_list(types="public_channel")["channels"]}
    general = channels["general"]["id"]
    assert web.conversations_info(channel=general)["channel"]["is_member"]
    assert person["id"] in web.conversations_members(channel=general)["members"]
    assert any(one["id"] == general for one in web.users_conversations()["channels"])
    return general, channels["away"]["id"], person["id"]


def messages(web, general, person):
    metadata = {"event_type": "judge", "event_payload": {"effect": "e1"}}
    posted = web.chat_postMessage(channel=general, text="하나 & <둘>", metadata=metadata)
    ts = posted["ts"]
    assert posted["message"]["text"] == "하나 & <둘>", posted.data
    reply = web.chat_postMessage(channel=general, text="답글", thread_ts=ts)
    assert reply["message"]["thread_ts"] == ts
    assert "p" + ts.replace(".", "") in web.chat_getPermalink(channel=general, message_ts=ts)["permalink"]
    thread = web.conversations_replies(channel=general, ts=ts, include_all_metadata=True)["messages"]
    assert [one["ts"] for one in thread] == [ts, reply["ts"]]
    assert thread[0]["metadata"] == metadata and thread[0]["reply_count"] == 1, thread
    section = SectionBlock(text="바뀐 블록")
    updated = web.chat_update(channel=general, ts=ts, text="바뀜", blocks=[section])
    assert updated["text"] == "바뀜" and updated["ts"] == ts
    web.reactions_add(channel=general, timestamp=ts, name="eyes")
    refused("already_reacted", web.reactions_add, channel=general, timestamp=ts, name="eyes")
    newest = web.conversations_history(channel=general, limit=1, include_all_metadata=True)["messages"][0]
    assert newest["ts"] == ts and newest["metadata"] == metadata, newest
    assert newest["blocks"][0]["text"]["text"] == "바뀐 블록" and newest["edited"]
    assert newest["reactions"][0]["name"] == "eyes" and newest["reactions"][0]["count"] == 1
    web.reactions_remove(channel=general, timestamp=ts, name="eyes")
    refused("no_reaction", web.reactions_remove, channel=general, timestamp=ts, name="eyes")
    web.chat_delete(channel=general, ts=reply["ts"])
    left = web.conversations_replies(channel=general, ts=ts)["messages"]
    assert [one["ts"] for one in left] == [ts]
    stamps = [web.chat_postMessage(channel=general, text=str(n))["ts"] for n in range(5)]
    read = [one["ts"] for page in web.conversations_history(channel=general, limit=2) for one in page["messages"]]
    assert read[:6] == [*reversed(stamps), ts], read
    assert web.chat_postEphemeral(channel=general, user=person, text="혼자")["message_ts"]
    direct = web.conversations_open(users=[person])["channel"]["id"]
    assert web.chat_postMessage(channel=direct, text="개인에게")["channel"] == direct
    view = View(type="home", blocks=[section])
    assert web.views_publish(user_id=person, view=view)["view"]["type"] == "home"


def names_of_errors(web, general, away, person):
    never = "1700000000.000100"
    refused("invalid_auth", client(token="xoxb-other").auth_test)
    refused("not_authed", client(token=None).auth_test)
    refused("not_allowed_token_type", web.apps_connections_open, app_token=os.environ["SLACK_BOT_TOKEN"])
    refused("unknown_method", web.api_call, api_method="judge.nothing")
    refused("channel_not_found", web.chat_postMessage, channel="C404", text="x")
    refused("not_in_channel", web.chat_postMessage, channel=away, text="x")
    refused("not_in_channel", web.conversations_history, channel=away)
    refused("no_text", web.chat_postMessage, channel=general)
    refused("msg_too_long", web.chat_postMessage, channel=general, text="가" * 40_001)
    refused("invalid_blocks_format", web.chat_postMessage, channel=general, blocks="[", text="x")
    refused("message_not_found", web.chat_update, channel=general, ts=never, text="x")
    refused("message_not_found", web.chat_delete, channel=general, ts=never)
    refused("message_not_found", web.reactions_add, channel=general, timestamp=never, name="eyes")
    refused("bad_timestamp", web.reactions_add, channel=general, timestamp="x", name="eyes")
    refused("thread_not_found", web.conversations_replies, channel=general, ts=never)
    refused("invalid_cursor", web.users_list, cursor="x")
    refused("user_not_found", web.users_info, user="U404")
    refused("users_not_found", web.users_lookupByEmail, email="no@example.com")
    refused("user_not_in_channel", web.chat_postEphemeral, channel=general, user="U404", text="x")
    theirs = next(one for one in web.conversations_history(channel=general)["messages"] if one["user"] == person)
    refused("cant_update_message", web.chat_update, channel=general, ts=theirs["ts"], text="x")
    refused("cant_delete_message", web.chat_delete, channel=general, ts=theirs["ts"])
    modal = {"type": "modal", "title": plain("x"), "blocks": []}
    refused("invalid_trigger_id", web.views_open, trigger_id="1.2.3", view=modal)
    refused("not_found", web.views_update, view_id="V404", view=modal)
    wrong = refused("invalid_arguments", web.views_publish, user_id=person, view={"type": "home"})
    assert wrong["response_metadata"]["messages"], wrong.data


def limits_of_blocks(web, general, person):
    """Slack's limits as its own client knows them: what just fits is taken, one more is refused."""

    def section(accessory):
        return {"type": "section", "text": plain("x"), "accessory": accessory}

    def button(text=1, value=1, url=None, action=1):
        more = {} if url is None else {"url": "https://example.com/".ljust(url, "x")}
        return {"type": "button", "text": plain("x" * text), "value": "x" * value, "action_id": "a" * action, **more}

    def option(n=0, text=1, value=1):
        return {"text": plain("x" * text), "value": str(n).rjust(value, "0")}

    def select(**what):
        return section({"type": "static_select", "placeholder": plain("x"), **what})

    def confirm(n, part):
        parts = {"title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x")}
        return section({**button(), "confirm": {**parts, part: plain("x" * n)}})

    def labelled(**what):
        return {"type": "input", "label": plain("x"), "element": {"type": "plain_text_input"}, **what}

    def group(n):
        return {"label": plain("x" * n), "options": [option()]}

    cases = [
        (Block.block_id_max_length, lambda n: {"type": "divider", "block_id": "b" * n}),
        (HeaderBlock.text_max_length, lambda n: {"type": "header", "text": plain("가" * n)}),
        (SectionBlock.text_max_length, lambda n: {"type": "section", "text": mrkdwn("가" * n)}),
        (SectionBlock.fields_max_length, lambda n: {"type": "section", "fields": [plain("x")] * n}),
        (ContextBlock.elements_max_length, lambda n: {"type": "context", "elements": [mrkdwn("x")] * n}),
        (
            ActionsBlock.elements_max_length,
            lambda n: {"type": "actions", "elements": [{**button(), "action_id": f"a{i}"} for i in range(n)]},
        ),
        (MarkdownBlock.text_max_length, lambda n: {"type": "markdown", "text": "가" * n}),
        (InputBlock.label_max_length, lambda n: labelled(label=plain("x" * n))),
        (InputBlock.hint_max_length, lambda n: labelled(hint=plain("x" * n))),
        (ButtonElement.text_max_length, lambda n: section(button(text=n))),
        (ButtonElement.value_max_length, lambda n: section(button(value=n))),
        (ButtonElement.url_max_length, lambda n: section(button(url=n))),
        (InteractiveElement.action_id_max_length, lambda n: section(button(action=n))),
        (
            InputInteractiveElement.placeholder_max_length,
            lambda n: labelled(element={"type": "plain_text_input", "placeholder": plain("x" * n)}),
        ),
        (Option.label_max_length, lambda n: select(options=[option(text=n)])),
        (Option.value_max_length, lambda n: select(options=[option(value=n)])),
        (SelectElement.options_max_length, lambda n: select(options=[option(i) for i in range(n)])),
        (SelectElement.option_groups_max_length, lambda n: select(option_groups=[group(1)] * n)),
        (OptionGroup.label_max_length, lambda n: select(option_groups=[group(n)])),
        (
            OverflowMenuElement.options_max_length,
            lambda n: section({"type": "overflow", "options": [option(i) for i in range(n)]}),
        ),
        (ConfirmObject.title_max_length, lambda n: confirm(n, "title")),
        (ConfirmObject.text_max_length, lambda n: confirm(n, "text")),
        (ConfirmObject.confirm_max_length, lambda n: confirm(n, "confirm")),
        (ConfirmObject.deny_max_length, lambda n: confirm(n, "deny")),
    ]
    for most, block in cases:
        assert web.chat_postMessage(channel=general, text="x", blocks=[block(most)])["ok"]
        wrong = refused("invalid_blocks", web.chat_postMessage, channel=general, text="x", blocks=[block(most + 1)])
        assert "/blocks/0" in wrong["response_metadata"]["messages"][0], wrong.data
    twice = {"type": "actions", "elements": [button(), button()]}
    refused("invalid_blocks", web.chat_postMessage, channel=general, text="x", blocks=[twice])
    same = {"type": "divider", "block_id": "same"}
    refused("invalid_blocks", web.chat_postMessage, channel=general, text="x", blocks=[same, same])
    views = [
        (View.private_metadata_max_length, lambda n: {"private_metadata": "x" * n}),
        (View.blocks_max_length, lambda n: {"blocks": [{"type": "divider"}] * n}),
    ]
    for most, part in views:
        body = {"type": "home", "blocks": []}
        assert web.views_publish(user_id=person, view={**body, **part(most)})["ok"]
        refused("invalid_arguments", web.views_publish, user_id=person, view={**body, **part(most + 1)})
    for part, most in [("title", View.title_max_length), ("submit", View.submit_max_length)]:
        body = {"type": "modal", "title": plain("x"), "blocks": [], part: plain("x" * most)}
        refused("invalid_trigger_id", web.views_open, trigger_id="x", view=body)
        body[part] = plain("x" * (most + 1))
        refused("invalid_arguments", web.views_open, trigger_id="x", view=body)


def rates(web):
    """tests/official_clients.rs has the next call of each of these refused, for a second."""
    limited = refused("ratelimited", web.usergroups_list)
    assert limited.status_code == 429 and limited.headers["Retry-After"] == "1", limited.headers
    assert web.usergroups_list()["ok"]
    patient = client(retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)])
    assert patient.conversations_list()["ok"]


def judge_web():
    web = client()
    rates(web)
    general, away, person = who_is_who(web)
    messages(web, general, person)
    names_of_errors(web, general, away, person)
    limits_of_blocks(web, general, person)


def judge_socket(kind):
    if kind == "builtin":
        from slack_sdk.socket_mode.builtin import SocketModeClient
    else:
        from slack_sdk.socket_mode.websocket_client import SocketModeClient
    web = client()
    me = web.auth_test()["user_id"]
    socket = SocketModeClient(app_token=os.environ["SLACK_APP_TOKEN"], web_client=web)

    def listen(socket, request):
        payload = request.payload
        answer = None
        if request.type == "events_api":
            event = payload["event"]
            again = event.get("text") == "다시"
            if again and not request.retry_attempt:
                return  # lost: Slack sends it once more
            if event["type"] == "message" and event.get("user") not in (None, me):
                text = f"재시도 {request.retry_attempt} {request.retry_reason}" if again else "들었습니다"
                row = {
                    "type": "actions",
                    "elements": [{"type": "button", "text": plain("수락"), "action_id": "accept", "value": "예"}],
                }
                web.chat_postMessage(channel=event["channel"], text=text, blocks=[row], thread_ts=event["ts"])
        elif request.type == "slash_commands":
            answer = {"text": f"받았습니다: {payload['text']}"}
            field = {"type": "input", "block_id": "name", "label": plain("이름"), "element": {"type": "plain_text_input"}}
            form = {"type": "modal", "title": plain("심판"), "submit": plain("제출"), "blocks": [field]}
            web.views_open(trigger_id=payload["trigger_id"], view=form)
        elif payload["type"] == "block_actions":
            action = payload["actions"][0]
            web.chat_update(
                channel=payload["channel"]["id"],
                ts=payload["message"]["ts"],
                text=f"수락되었습니다: {action['value']}",
                blocks=[],
            )
        elif payload["type"] == "view_submission":
            (field,) = payload["view"]["state"]["values"]["name"].values()
            if field["value"] == "틀림":
                answer = {"response_action": "errors", "errors": {"name": "이름이 틀렸습니다"}}
        socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id, payload=answer))

    socket.socket_mode_request_listeners.append(listen)
    socket.connect()
    threading.Event().wait()


if sys.argv[1] == "web":
    judge_web()
else:
    judge_socket(sys.argv[2])
