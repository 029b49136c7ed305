"""Twilio's stand-in, and the bot's own signatures and TwiML, by Twilio's client for Python: judge_twilio.py calls | signatures | twiml.

Each asserts by itself and ends; what it is given comes as JSON on stdin, what it found goes as JSON to stdout.
"""

import datetime
import json
import os
import sys
import time
from xml.etree import ElementTree

from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

ASKED = json.load(sys.stdin)


class Elsewhere(TwilioHttpClient):
    """The same requests, to the stand-in."""

    def request(self, method, url, *args, **kwargs):
        for host in ("https://api.twilio.com", "https://voice.twilio.com"):
            url = url.replace(host, os.environ["TWILIO_API_URL"], 1)
        return super().request(method, url, *args, **kwargs)


def client(token=None):
    return Client(ASKED["account"], token or ASKED["token"], http_client=Elsewhere(timeout=20))


def refused(status, code, call, /, **args):
    try:
        call(**args)
    except TwilioRestException as error:
        assert (error.status, error.code) == (status, code), error
        return
    raise AssertionError(f"{code} was expected, and the call was taken: {args}")


def until(web, sid, *statuses):
    for _ in range(400):
        call = web.calls(sid).fetch()
        if call.status in statuses:
            return call
        time.sleep(0.05)
    raise AssertionError(f"{sid} is {call.status} and not one of {statuses}")


def calls():
    web = client()
    account = web.api.accounts(ASKED["account"]).fetch()
    assert (account.status, account.type) == ("active", "Full"), account
    owned = web.incoming_phone_numbers.list(phone_number=ASKED["from"])
    assert [number.capabilities["voice"] for number in owned] == [True], owned
    assert web.incoming_phone_numbers.list(phone_number="+827000000009") == []
    korea = web.voice.v1.dialing_permissions.countries("KR").fetch()
    assert korea.low_risk_numbers_enabled is True, korea

    began = datetime.datetime.now(datetime.timezone.utc)
    placed = web.calls.create(
        to=ASKED["to"],
        from_=ASKED["from"],
        twiml=ASKED["twiml"],
        status_callback=ASKED["status"],
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        timeout=60,
        time_limit=300,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=ASKED["status"],
    )
    assert placed.sid.startswith("CA") and placed.status == "queued", placed
    assert abs((placed.date_created - began).total_seconds()) < 30, placed.date_created
    until(web, placed.sid, "completed")
    rings = web.calls.create(to=ASKED["to"], from_=ASKED["from"], twiml=ASKED["twiml"])
    until(web, rings.sid, "ringing")
    listed = [call.sid for call in web.calls.list(to=ASKED["to"], limit=20)]
    assert listed == [rings.sid, placed.sid], listed
    assert web.calls.list(to="+821000009999", limit=20) == []
    web.calls(rings.sid).update(status="completed")
    until(web, rings.sid, "canceled")
    refused(400, 21220, web.calls(rings.sid).update, status="completed")
    refused(404, 20404, web.calls("CA" + "f" * 32).fetch)
    refused(400, 21211, web.calls.create, to="010", from_=ASKED["from"], twiml=ASKED["twiml"])
    refused(400, 21210, web.calls.create, to=ASKED["to"], from_="+827000000009", twiml=ASKED["twiml"])
    stranger = client("another-token").calls
    refused(401, 20003, stranger.create, to=ASKED["to"], from_=ASKED["from"], twiml=ASKED["twiml"])


class Many(dict):
    """Fields as a web framework hands them over: a key may have several values."""

    def __init__(self, pairs):
        super().__init__(pairs)
        self.pairs = pairs

    def getlist(self, key):
        return [value for name, value in self.pairs if name == key]


def signatures():
    validator = RequestValidator(ASKED["token"])
    found = []
    for case in ASKED["cases"]:
        fields = Many([tuple(pair) for pair in case["fields"]])
        if case["signature"]:
            assert validator.validate(case["url"], fields, case["signature"]), case
            other = Many([*fields.pairs, ("CallStatus", "forged")])
            assert not validator.validate(case["url"], other, case["signature"]), case
        found.append(validator.compute_signature(case["url"], fields))
    json.dump(found, sys.stdout)


def twiml():
    response = VoiceResponse()
    for action in ASKED["actions"]:
        gather = Gather(
            input="dtmf", num_digits=1, timeout=10, action=action, method="POST", finish_on_key=""
        )
        gather.say(ASKED["speech"], language="ko-KR")
        response.append(gather)
    response.say(ASKED["no_key"], language="ko-KR")
    response.hangup()
    theirs, ours = (ElementTree.canonicalize(text) for text in (str(response), ASKED["twiml"]))
    assert theirs == ours, f"{theirs}\n{ours}"


{"calls": calls, "signatures": signatures, "twiml": twiml}[sys.argv[1]]()
