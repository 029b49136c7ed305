"""The intake of an urgent request in Bolt for Python: bolt.py PORT DATABASE JOURNAL_MODE. bolt.mjs is the same for JavaScript."""

import os
import re
import signal
import sqlite3
import sys
import time

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

port, path, journal_mode = sys.argv[1:]

# without transactions of its own every statement is one, and commits
database = sqlite3.connect(path, isolation_level=None)
(mode,) = database.execute(f"PRAGMA journal_mode = {journal_mode}").fetchone()
if mode != journal_mode:
    raise SystemExit(f"journal mode {mode}")
# every commit waits for the disk
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE IF NOT EXISTS customers (name TEXT PRIMARY KEY, first TEXT NOT NULL) WITHOUT ROWID")
database.execute(
    """CREATE TABLE IF NOT EXISTS requests (
    event_id TEXT PRIMARY KEY, channel TEXT NOT NULL, ts TEXT NOT NULL, by TEXT NOT NULL, customer TEXT NOT NULL, ticket TEXT NOT NULL,
    first TEXT NOT NULL, at INTEGER NOT NULL
    ) WITHOUT ROWID"""
)
for name in ("한빛전자", "가나게임즈", "푸른병원", "두레교육", "새벽마켓", "은하물류"):
    database.execute("INSERT OR IGNORE INTO customers VALUES (?, ?)", (name, "가온별"))

REQUEST = re.compile(r"\[긴급티켓배정요청\]\s*고객사:\s*(.+?)\s*/\s*티켓:\s*<?(https://[^\s>]+/tickets/\d+)>?")


async def authorize():
    """What an installed app would have been told by auth.test."""
    return AuthorizeResult(
        enterprise_id=None, team_id="T000000001", bot_token="xoxb-sandbox", bot_id="B0BOT00001", bot_user_id="U0BOT00001"
    )


app = AsyncApp(
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    authorize=authorize,
    # without it Slack is answered before anything is kept
    process_before_response=True,
)


@app.event("app_mention")
async def mentioned(event, body):
    read = REQUEST.search(event["text"])
    first = read and database.execute("SELECT first FROM customers WHERE name = ?", (read[1],)).fetchone()
    if not first:
        return
    row = (body["event_id"], event["channel"], event["ts"], event["user"], read[1], read[2], first[0], int(time.time() * 1000))
    # a delivery that came before leaves no second row
    database.execute("INSERT OR IGNORE INTO requests VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)


@app.event("message")
async def talk():
    """People talking."""



def stopped(*_):
    """Whoever measures wants to know that nothing was lost."""
    print(database.execute("SELECT count(*) FROM requests").fetchone()[0], flush=True)
    sys.exit(0)


# the server comes to it when it has stopped in order
signal.signal(signal.SIGTERM, stopped)

uvicorn.run(
    AsyncSlackRequestHandler(app, path="/slack/events"),
    host="127.0.0.1",
    port=int(port),
    loop="uvloop",
    http="httptools",
    log_level="error",
    access_log=False,
)
