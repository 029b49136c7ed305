"""The judges' app in slack_bolt for Python: judge_bolt.py socket | http PORT.

tests/official_clients.rs plays the people and looks at what the workspace holds afterwards; judge_bolt.mjs is the same app for Node.
"""

import os
import sys
import time
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

app = App(
    client=WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"]),
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
)


def plain(text):
    return {"type": "plain_text", "text": text}


def button(text, action, **more):
    return {"type": "button", "text": plain(text), "action_id": action, **more}


def ask(title):
    """The form with a field of three kinds and two buttons."""
    kinds = [{"text": plain("하나"), "value": "1"}, {"text": plain("둘"), "value": "2"}]
    return {
        "type": "modal",
        "callback_id": "judge_form",
        "title": plain(title),
        "submit": plain("제출"),
        "notify_on_close": True,
        "private_metadata": "곁말",
        "blocks": [
            {
                "type": "input",
                "block_id": "name",
                "label": plain("이름"),
                "element": {"type": "plain_text_input", "action_id": "value", "initial_value": "처음"},
            },
            {
                "type": "input",
                "block_id": "kind",
                "label": plain("종류"),
                "element": {"type": "static_select", "action_id": "value", "options": kinds},
            },
            {
                "type": "input",
                "block_id": "who",
                "label": plain("누구"),
                "element": {"type": "users_select", "action_id": "value"},
            },
            {"type": "actions", "elements": [button("더", "judge_more"), button("위", "judge_over")]},
        ],
    }


OVER = {
    "type": "modal",
    "callback_id": "judge_over_form",
    "title": plain("위 양식"),
    "submit": plain("모두 닫기"),
    "blocks": [{"type": "section", "text": plain("위에 있습니다")}],
}


def home(text):
    row = {"type": "actions", "elements": [button("집", "judge_home")]}
    return {"type": "home", "blocks": [{"type": "section", "text": plain(text)}, row]}


def tell(text):
    app.client.chat_postMessage(channel="#general", text=text)


def refused(call):
    """The name of the error that a call must end with."""
    try:
        call()
    except SlackApiError as error:
        return error.response["error"]
    return "아무 오류도 없습니다"


@app.middleware
def fail_once(req, body, next):
    """Over HTTP the first delivery of 다시 is lost, so that Slack sends it again."""
    event = body.get("event", {})
    wanted = event.get("type") == "message" and event.get("text") == "다시"
    num = req.headers.get("x-slack-retry-num")
    if wanted and sys.argv[1] == "http" and num is None:
        return BoltResponse(status=500, body="")
    if wanted and num is not None:
        tell(f"재시도 {num[0]} {req.headers['x-slack-retry-reason'][0]}")
    return next()


@app.event("app_mention")
def mentioned(event, say, client):
    client.reactions_add(channel=event["channel"], timestamp=event["ts"], name="eyes")
    row = {
        "type": "actions",
        "elements": [button("수락", "judge_accept", value="예"), button("거절", "judge_refuse", style="danger")],
    }
    say(
        text="들었습니다",
        blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "들었습니다"}}, row],
        thread_ts=event["ts"],
        metadata={"event_type": "judge", "event_payload": {"of": event["ts"]}},
    )


@app.message("안녕")
def greeted(say):
    say("안녕하세요")


@app.event({"type": "message", "subtype": "message_changed"})
def changed(event):
    if "bot_id" not in event["message"]:
        tell(f"고침: {event['previous_message']['text']} → {event['message']['text']}")


@app.event({"type": "message", "subtype": "message_deleted"})
def deleted(event):
    if "bot_id" not in event["previous_message"]:
        tell(f"지움: {event['previous_message']['text']}")


@app.event("message")
def any_other():
    pass


@app.event("reaction_added")
def reacted(event, say):
    say(text=f"반응: {event['reaction']}", thread_ts=event["item"]["ts"])


@app.action("judge_accept")
def accept(ack, body, action, client, respond):
    ack()
    client.chat_update(
        channel=body["channel"]["id"], ts=body["message"]["ts"], text=f"수락되었습니다: {action['value']}", blocks=[]
    )
    respond("혼자 봅니다")


@app.action("judge_refuse")
def refuse(ack, respond):
    ack()
    respond(text="거절되었습니다", replace_original=True)


@app.command("/judge")
def command(ack, command, client, respond):
    if command["text"] == "말":
        ack("받았습니다")
        return
    ack()
    if command["text"] == "양식":
        client.views_open(trigger_id=command["trigger_id"], view=ask("심판"))
    if command["text"] == "늦게":
        time.sleep(3.3)
        error = refused(lambda: client.views_open(trigger_id=command["trigger_id"], view=ask("심판")))
        respond(f"오류: {error}")


@app.action("judge_more")
def more(ack, body, client):
    ack()
    stale = body["view"]["hash"]
    name = body["view"]["state"]["values"]["name"]["value"]["value"]
    client.views_update(view_id=body["view"]["id"], hash=stale, view=ask("바뀐 심판"))
    error = refused(lambda: client.views_update(view_id=body["view"]["id"], hash=stale, view=ask("심판")))
    tell(f"오류: {error}, 적힌 이름: {name}")


@app.action("judge_over")
def over(ack, body, client):
    ack()
    client.views_push(trigger_id=body["trigger_id"], view=OVER)


@app.view("judge_form")
def submitted(ack, body, view):
    values = view["state"]["values"]
    name = values["name"]["value"]["value"]
    if name == "틀림":
        ack(response_action="errors", errors={"name": "이름이 틀렸습니다"})
    elif name == "바꿈":
        ack(response_action="update", view=ask("또 바뀜"))
    else:
        ack()
        kind = values["kind"]["value"]["selected_option"]["value"]
        tell(f"제출: {name}/{kind}/{values['who']['value']['selected_user']}")


@app.view("judge_over_form")
def submitted_over(ack):
    ack(response_action="clear")


@app.view_closed("judge_form")
def closed(ack, view):
    ack()
    tell(f"닫힘: {view['private_metadata']}")


@app.event("app_home_opened")
def opened(event, client):
    client.views_publish(user_id=event["user"], view=home("첫 화면"))


@app.action("judge_home")
def pressed_home(ack, body, client):
    ack()
    client.views_publish(user_id=body["user"]["id"], view=home("누른 화면"))


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


if sys.argv[1] == "socket":
    SocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).start()
else:
    handler = SlackRequestHandler(app, path="/slack/events")
    make_server("127.0.0.1", int(sys.argv[2]), handler, Server, Quiet).serve_forever()
