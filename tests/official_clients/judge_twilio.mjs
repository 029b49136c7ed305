// Twilio's stand-in and the bot's own signatures by Twilio's client for Node: judge_twilio.mjs calls | signatures.
//
// Each asserts by itself and ends; what it is given comes as JSON on stdin, what it found goes as JSON to stdout.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const twilio = createRequire(join(process.env.COC_JUDGES, "package.json"))("twilio");
const asked = JSON.parse(readFileSync(0, "utf8"));

/** The same requests, to the stand-in. */
class Elsewhere extends twilio.RequestClient {
  request(options) {
    const uri = options.uri.replace(/^https:\/\/(api|voice)\.twilio\.com/, process.env.TWILIO_API_URL);
    return super.request({ ...options, uri });
  }
}

const client = (token = asked.token) =>
  twilio(asked.account, token, { httpClient: new Elsewhere({ timeout: 20000 }) });

async function until(web, sid, status) {
  for (let tries = 0; tries < 400; tries++) {
    const call = await web.calls(sid).fetch();
    if (call.status === status) return call;
    await new Promise((soon) => setTimeout(soon, 50));
  }
  throw new Error(`${sid} does not become ${status}`);
}

async function calls() {
  const web = client();
  const account = await web.api.accounts(asked.account).fetch();
  assert.equal(account.status, "active");
  const korea = await web.voice.v1.dialingPermissions.countries("KR").fetch();
  assert.equal(korea.lowRiskNumbersEnabled, true);
  const placed = await web.calls.create({
    to: asked.to,
    from: asked.from,
    twiml: asked.twiml,
    statusCallback: asked.status,
    statusCallbackEvent: ["initiated", "ringing", "answered", "completed"],
    timeout: 60,
    machineDetection: "Enable",
  });
  assert.equal(placed.status, "queued");
  assert.ok(Math.abs(placed.dateCreated - new Date()) < 30000, `${placed.dateCreated}`);
  await until(web, placed.sid, "completed");
  const rings = await web.calls.create({ to: asked.to, from: asked.from, twiml: asked.twiml });
  await until(web, rings.sid, "ringing");
  const listed = await web.calls.list({ to: asked.to, limit: 20 });
  assert.deepEqual(listed.map((call) => call.sid), [rings.sid, placed.sid]);
  await web.calls(rings.sid).update({ status: "completed" });
  await until(web, rings.sid, "canceled");
  await assert.rejects(web.calls(rings.sid).update({ status: "completed" }), { status: 400, code: 21220 });
  const wrong = { to: "010", from: asked.from, twiml: asked.twiml };
  await assert.rejects(web.calls.create(wrong), { status: 400, code: 21211 });
  await assert.rejects(client("another-token").calls.list(), { status: 401, code: 20003 });
}

async function signatures() {
  const found = asked.cases.map(({ url, fields, signature }) => {
    const params = {};
    for (const [key, value] of fields) {
      params[key] = key in params ? [params[key], value].flat() : value;
    }
    if (signature) {
      assert.ok(twilio.validateRequest(asked.token, signature, url, params), url);
      const forged = { ...params, CallStatus: "forged" };
      assert.ok(!twilio.validateRequest(asked.token, signature, url, forged), url);
    }
    return twilio.getExpectedTwilioSignature(asked.token, url, params);
  });
  process.stdout.write(JSON.stringify(found));
}

await { calls, signatures }[process.argv[2]]();
