//! The workspace model: what Slack would deliver, answer and refuse.

#![expect(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, TimeDelta};
use coc::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use coc::domain::time::{Time, in_seoul};
use coc::sandbox::workspace::{
    Answered, Delivery, Pick, PressOn, Rate, Refused, Typing, Workspace,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TOKEN: Option<&str> = Some("xoxb-sandbox");

struct World {
    it: Workspace,
    general: ChannelId,
    gaon: SlackUser,
    coc1: SlackUser,
    now: Time,
}

impl World {
    fn new() -> Self {
        let mut it = Workspace::new();
        let general = it.add_channel("general", "");
        let gaon = it.add_user("gaon", "가온별", "gaon@example.co.kr");
        let coc1 = it.add_user("goyunseul", "고윤슬", "coc1@example.co.kr");
        it.add_group("coc", "COC", std::slice::from_ref(&coc1));
        let now = in_seoul(&DateTime::parse_from_rfc3339("2025-08-05T22:00:00+09:00").unwrap());
        Self { it, general, gaon, coc1, now }
    }

    fn api(&mut self, method: &str, args: Value) -> Value {
        self.it.api(self.now, TOKEN, method, &args)
    }

    fn post(&mut self, args: Value) -> MessageRef {
        let said = self.api("chat.postMessage", args);
        assert_eq!(said["ok"], true, "{said}");
        let ts = said["ts"].as_str().unwrap().into();
        MessageRef { channel: said["channel"].as_str().unwrap().into(), ts }
    }

    fn say(&mut self, text: &str) -> (MessageRef, Vec<Delivery>) {
        let (gaon, general) = (self.gaon.clone(), self.general.clone());
        self.it.say(self.now, &gaon, &general, None, text, Typing::Plain).unwrap()
    }

    fn slash(&mut self, command: &str, text: &str) -> Value {
        let (gaon, general) = (self.gaon.clone(), self.general.clone());
        self.it.slash(self.now, &gaon, &general, command, text, Typing::Plain).unwrap().payload
    }

    fn wait(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    fn open_form(&mut self) -> Value {
        let trigger = self.slash("/call", "")["trigger_id"].clone();
        self.api("views.open", json!({ "trigger_id": trigger, "view": form() }))
    }
}

fn plain(text: &str) -> Value {
    json!({ "type": "plain_text", "text": text })
}

/// A form with one of each kind of field.
fn form() -> Value {
    json!({
        "type": "modal", "callback_id": "call", "private_metadata": "x",
        "title": plain("전화"), "submit": plain("저장"),
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": "내용을 적어 주십시오." } },
            { "type": "input", "block_id": "who", "label": plain("문의자"),
              "element": { "type": "plain_text_input", "action_id": "v" } },
            { "type": "input", "block_id": "mail", "optional": true, "label": plain("메일 가능"),
              "element": { "type": "static_select", "action_id": "v", "options": [
                  { "text": plain("예"), "value": "y" }, { "text": plain("아니오"), "value": "n" } ] } },
            { "type": "input", "block_id": "to", "optional": true, "label": plain("담당자"),
              "element": { "type": "users_select", "action_id": "v" } },
        ],
    })
}

fn buttons() -> Value {
    json!([
        { "type": "section",
          "text": { "type": "mrkdwn", "text": "<@U0SBX00001> 긴급입니다. <https://a.example/1>" } },
        { "type": "actions", "block_id": "row", "elements": [
            { "type": "button", "action_id": "take", "value": "t1", "text": plain("수락") },
            { "type": "button", "action_id": "pass", "value": "t2", "text": plain("부재") },
        ] },
    ])
}

fn token_of(payload: &Value) -> String {
    payload["response_url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[test]
fn a_mention_comes_as_two_events_of_one_message() {
    let mut world = World::new();
    let (at, told) =
        world.say("@COC [긴급티켓배정요청] 고객사: A&B / 티켓: https://a.example/t/4242");
    let events: Vec<&Value> = told.iter().map(|one| &one.payload["event"]).collect();
    assert_eq!(events[0]["type"], "app_mention");
    assert_eq!(events[1]["type"], "message");
    assert_eq!(events[1]["channel_type"], "channel");
    for event in &events {
        assert_eq!(event["ts"], json!(at.ts));
        assert_eq!(event["channel"], json!(world.general));
        assert_eq!(event["user"], json!(world.gaon));
        assert_eq!(
            event["text"],
            "<@U0SANDBOXCOC> [긴급티켓배정요청] 고객사: A&amp;B / 티켓: <https://a.example/t/4242>"
        );
    }
    assert_ne!(told[0].payload["event_id"], told[1].payload["event_id"]);
    assert_eq!(told[0].payload["type"], "event_callback");
    assert_eq!(told[0].payload["event_time"], world.now.timestamp());
    assert_eq!(told[0].payload["authorizations"][0]["is_bot"], true);
    assert_eq!(at.ts.time(), Some(world.now));

    let (_, told) = world.say("안녕하세요");
    assert_eq!(told.len(), 1);
}

#[test]
fn stamps_are_unique_and_grow_within_one_instant() {
    let mut world = World::new();
    let stamps: Vec<Ts> = (0..5).map(|i| world.say(&format!("{i}")).0.ts).collect();
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    assert_eq!(stamps[1].as_str(), "1754398800.000001");
}

#[test]
fn raw_text_is_kept() {
    let mut world = World::new();
    let (gaon, general) = (world.gaon.clone(), world.general.clone());
    let text = "<@U1> &amp; @가온별";
    let (at, _) = world.it.say(world.now, &gaon, &general, None, text, Typing::Raw).unwrap();
    assert_eq!(world.it.message(&at).unwrap().text, text);
}

#[test]
fn an_edit_says_what_was_and_what_is() {
    let mut world = World::new();
    let (at, _) = world.say("하나");
    let (gaon, coc1) = (world.gaon.clone(), world.coc1.clone());
    let refused = world.it.edit(world.now, &coc1, &at, "둘", Typing::Plain);
    assert_eq!(refused, Err(Refused::NotYours));
    let told = world.it.edit(world.now, &gaon, &at, "둘", Typing::Plain).unwrap();
    let event = &told[0].payload["event"];
    assert_eq!(event["subtype"], "message_changed");
    assert_eq!(event["message"]["text"], "둘");
    assert_eq!(event["message"]["ts"], json!(at.ts));
    assert_eq!(event["message"]["edited"]["user"], json!(gaon));
    assert_eq!(event["previous_message"]["text"], "하나");
    assert_ne!(event["ts"], json!(at.ts));
}

#[test]
fn a_deleted_message_is_gone_or_a_tombstone_over_its_replies() {
    let mut world = World::new();
    let gaon = world.gaon.clone();
    let (alone, _) = world.say("하나");
    let told = world.it.delete(world.now, &gaon, &alone).unwrap();
    assert_eq!(told[0].payload["event"]["subtype"], "message_deleted");
    assert_eq!(told[0].payload["event"]["deleted_ts"], json!(alone.ts));
    assert_eq!(world.it.message(&alone), None);

    let (root, _) = world.say("둘");
    let channel = root.channel.clone();
    let reply = world.post(json!({ "channel": channel, "thread_ts": root.ts, "text": "답" }));
    let told = world.it.delete(world.now, &gaon, &root).unwrap();
    assert_eq!(told[0].payload["event"]["subtype"], "message_changed");
    assert_eq!(told[0].payload["event"]["message"]["subtype"], "tombstone");
    assert_eq!(told[0].payload["event"]["previous_message"]["text"], "둘");
    let thread = world.api("conversations.replies", json!({ "channel": channel, "ts": root.ts }));
    assert_eq!(thread["messages"][1]["ts"], json!(reply.ts));
    let refused = world.it.react(world.now, &gaon, &root, "+1");
    assert_eq!(refused, Err(Refused::NoSuchMessage(root)));
}

#[test]
fn reactions_name_the_message_and_its_author() {
    let mut world = World::new();
    let at = world.post(json!({ "channel": world.general, "text": "알림" }));
    let gaon = world.gaon.clone();
    let told = world.it.react(world.now, &gaon, &at, "eyes").unwrap();
    let event = &told[0].payload["event"];
    assert_eq!(event["type"], "reaction_added");
    assert_eq!(event["reaction"], "eyes");
    assert_eq!(event["item"], json!({ "type": "message", "channel": at.channel, "ts": at.ts }));
    assert_eq!(event["item_user"], json!(world.it.bot.user));
    let twice = world.it.react(world.now, &gaon, &at, "eyes");
    assert_eq!(twice, Err(Refused::ReactedAlready("eyes".to_owned())));
    let got = world.api("reactions.get", json!({ "channel": at.channel, "timestamp": at.ts }));
    let expected = json!([{ "name": "eyes", "users": [gaon], "count": 1 }]);
    assert_eq!(got["message"]["reactions"], expected);
    let told = world.it.unreact(world.now, &gaon, &at, "eyes").unwrap();
    assert_eq!(told[0].payload["event"]["type"], "reaction_removed");
    assert!(world.it.message(&at).unwrap().reactions.is_empty());
}

#[test]
fn a_press_says_where_what_and_by_whom() {
    let mut world = World::new();
    let (root, _) = world.say("묻습니다");
    let args = json!({
        "channel": root.channel, "thread_ts": root.ts, "text": "긴급", "blocks": buttons(),
    });
    let at = world.post(args);
    let gaon = world.gaon.clone();
    let on = PressOn::Message(&at);
    let pressed = world.it.press(world.now, &gaon, on, Pick::Label("부재")).unwrap();
    let payload = &pressed.payload;
    assert_eq!(pressed.kind.envelope_type(), "interactive");
    assert_eq!(payload["type"], "block_actions");
    assert_eq!(payload["user"]["id"], json!(gaon));
    assert_eq!(payload["channel"], json!({ "id": world.general, "name": "general" }));
    assert_eq!(payload["container"]["message_ts"], json!(at.ts));
    assert_eq!(payload["container"]["thread_ts"], json!(root.ts));
    assert_eq!(payload["message"]["ts"], json!(at.ts));
    assert_eq!(payload["actions"][0]["value"], "t2");
    assert_eq!(payload["actions"][0]["block_id"], "row");
    assert_eq!(payload["actions"][0]["action_id"], "pass");
    assert_eq!(payload["state"], json!({ "values": {} }));
    let labels: Vec<String> = world.it.buttons(&at).into_iter().map(|one| one.label).collect();
    assert_eq!(labels, ["수락", "부재"]);
    let missing = world.it.press(world.now, &gaon, on, Pick::Label("거절"));
    assert_eq!(
        missing.unwrap_err().to_string(),
        "그런 버튼이 없습니다. 읽은 값: \"거절\". 지금 있는 버튼: 수락, 부재"
    );
}

#[test]
fn words_mentions_and_the_newest_post() {
    let mut world = World::new();
    let first = world.post(json!({ "channel": world.general, "text": "글", "blocks": buttons() }));
    world.wait(1);
    world.post(json!({ "channel": world.gaon, "text": "개인에게" }));
    let message = world.it.newest_of_bot(|_| true).unwrap();
    assert_eq!(message.at, first);
    let words = world.it.words(&message.text, &message.blocks);
    assert_eq!(words, "@가온별 긴급입니다. https://a.example/1");
    assert_eq!(world.it.mentions(&message.text, &message.blocks), ["가온별"]);
    assert!(world.it.newest_of_bot(|message| message.text == "없음").is_none());
}

#[test]
fn a_trigger_lives_three_seconds_and_once() {
    let mut world = World::new();
    let command = world.slash("/call", "@가온별");
    assert_eq!(command["text"], json!(format!("<@{}>", world.gaon)));
    assert_eq!(command["channel_name"], "general");
    let args = json!({ "trigger_id": command["trigger_id"], "view": form().to_string() });
    assert_eq!(world.api("views.open", args.clone())["ok"], true);
    assert_eq!(world.api("views.open", args)["error"], "exchanged_trigger_id");
    let late = world.slash("/call", "");
    world.wait(4);
    let args = json!({ "trigger_id": late["trigger_id"], "view": form() });
    assert_eq!(world.api("views.open", args)["error"], "expired_trigger_id");
    let args = json!({ "trigger_id": "1.2.3", "view": form() });
    assert_eq!(world.api("views.open", args)["error"], "invalid_trigger_id");
}

#[test]
fn a_form_is_filled_in_by_label_and_answered() {
    let mut world = World::new();
    let opened = world.open_form();
    let blank = json!({ "type": "plain_text_input", "value": null });
    assert_eq!(opened["view"]["state"]["values"]["who"]["v"], blank);
    let gaon = world.gaon.clone();
    let form = world.it.open_form(&gaon).unwrap();
    assert_eq!(form.title, "전화");
    assert_eq!(form.text, "내용을 적어 주십시오.");
    let labels: Vec<&str> = form.fields.iter().map(|field| field.label.as_str()).collect();
    assert_eq!(labels, ["문의자", "메일 가능", "담당자"]);

    let blank = world.it.blank_fields(&gaon, &BTreeMap::new()).unwrap();
    assert_eq!(blank.len(), 1);
    assert_eq!(blank[0].label, "문의자");

    let given = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let wrong = world.it.submit(world.now, &gaon, &given(&[("메일 가능", "글쎄")]));
    assert!(matches!(wrong, Err(Refused::NoSuchChoice { .. })), "{wrong:?}");
    let fields = given(&[("문의자", "홍길동"), ("메일 가능", "아니오")]);
    let handed_in = world.it.submit(world.now, &gaon, &fields).unwrap();
    let view = &handed_in.payload["view"];
    assert_eq!(handed_in.payload["type"], "view_submission");
    assert_eq!(view["private_metadata"], "x");
    let values = &view["state"]["values"];
    assert_eq!(values["who"]["v"]["value"], "홍길동");
    assert_eq!(values["mail"]["v"]["selected_option"]["value"], "n");
    assert_eq!(values["to"]["v"], json!({ "type": "users_select", "selected_user": null }));

    let id = view["id"].as_str().unwrap();
    let errors = json!({ "response_action": "errors", "errors": { "who": "다시 적어 주십시오." } });
    assert_eq!(world.it.answer_form(&gaon, id, Some(&errors)), Answered::Errors);
    let form = world.it.open_form(&gaon).unwrap();
    assert_eq!(form.fields[0].error.as_deref(), Some("다시 적어 주십시오."));
    assert_eq!(form.fields[0].initial, "홍길동");

    let again = world.it.submit(world.now, &gaon, &given(&[("담당자", "@고윤슬")])).unwrap();
    let values = &again.payload["view"]["state"]["values"];
    assert_eq!(values["who"]["v"]["value"], "홍길동");
    assert_eq!(values["to"]["v"]["selected_user"], json!(world.coc1));
    assert_eq!(world.it.answer_form(&gaon, id, None), Answered::Closed);
    assert_eq!(world.it.open_form(&gaon), None);
    assert_eq!(world.it.answer_form(&gaon, id, None), Answered::Invalid);
}

#[test]
fn an_error_at_no_field_is_no_answer() {
    let mut world = World::new();
    let opened = world.open_form();
    let gaon = world.gaon.clone();
    let errors = json!({ "response_action": "errors", "errors": { "nowhere": "x" } });
    let id = opened["view"]["id"].as_str().unwrap();
    assert_eq!(world.it.answer_form(&gaon, id, Some(&errors)), Answered::Invalid);
}

#[test]
fn a_thread_hangs_on_its_root() {
    let mut world = World::new();
    let (root, _) = world.say("뿌리");
    let channel = root.channel.clone();
    let first = world.post(json!({ "channel": channel, "thread_ts": root.ts, "text": "하나" }));
    let coc1 = world.coc1.clone();
    let thread = Some(&first.ts);
    let (second, told) =
        world.it.say(world.now, &coc1, &channel, thread, "둘", Typing::Plain).unwrap();
    assert_eq!(told[0].payload["event"]["thread_ts"], json!(root.ts));
    assert_eq!(told[0].payload["event"]["parent_user_id"], json!(world.gaon));
    let history = world.api("conversations.history", json!({ "channel": channel }));
    assert_eq!(history["messages"].as_array().unwrap().len(), 1);
    assert_eq!(history["messages"][0]["reply_count"], 2);
    assert_eq!(history["messages"][0]["latest_reply"], json!(second.ts));
    let args = json!({ "channel": channel, "thread_ts": "1.000001", "text": "x" });
    assert_eq!(world.api("chat.postMessage", args)["error"], "thread_not_found");
    let args = json!({ "channel": channel, "ts": "1.000001" });
    assert_eq!(world.api("conversations.replies", args)["error"], "thread_not_found");
}

#[test]
fn history_pages_both_ways() {
    let mut world = World::new();
    let mut stamps = Vec::new();
    for i in 0..5 {
        world.wait(1);
        stamps.push(world.say(&format!("{i}")).0.ts);
    }
    let mut read = |mut args: Value| -> (Vec<String>, Value) {
        args["channel"] = json!(world.general);
        let page = world.api("conversations.history", args);
        let texts = page["messages"].as_array().unwrap().iter();
        let texts = texts.map(|one| one["text"].as_str().unwrap().to_owned()).collect();
        (texts, page["response_metadata"]["next_cursor"].clone())
    };
    let (texts, cursor) = read(json!({ "limit": 2 }));
    assert_eq!(texts, ["4", "3"]);
    assert_eq!(read(json!({ "limit": "2", "cursor": cursor })).0, ["2", "1"]);

    let (texts, cursor) = read(json!({ "oldest": stamps[0], "limit": 2 }));
    assert_eq!(texts, ["2", "1"]);
    let (texts, cursor) = read(json!({ "oldest": stamps[0], "limit": 2, "cursor": cursor }));
    assert_eq!(texts, ["4", "3"]);
    assert_eq!(cursor, Value::Null);

    let one = json!({ "oldest": stamps[2], "latest": stamps[2], "inclusive": "true", "limit": 1 });
    assert_eq!(read(one).0, ["2"]);
    let bad = json!({ "channel": world.general, "cursor": "x" });
    assert_eq!(world.api("conversations.history", bad)["error"], "invalid_cursor");
}

#[test]
fn metadata_comes_when_asked_and_stays_over_updates() {
    let mut world = World::new();
    let hung = json!({ "event_type": "coc", "event_payload": { "errand": "1.0" } });
    let args = json!({ "channel": world.general, "text": "가", "metadata": hung.to_string() });
    let at = world.post(args);
    let (channel, ts) = (at.channel.clone(), at.ts.clone());
    let read = |world: &mut World, all: bool| {
        let args = json!({ "channel": channel, "include_all_metadata": all });
        world.api("conversations.history", args)["messages"][0]["metadata"].clone()
    };
    assert_eq!(read(&mut world, false), Value::Null);
    assert_eq!(read(&mut world, true), hung);
    let updated = world.api("chat.update", json!({ "channel": channel, "ts": ts, "text": "나" }));
    assert_eq!(updated["text"], "나");
    assert_eq!(read(&mut world, true), hung);
    let args = json!({ "channel": channel, "ts": ts, "text": "다", "metadata": {} });
    world.api("chat.update", args);
    assert_eq!(read(&mut world, true), Value::Null);
    let args = json!({ "channel": channel, "text": "x", "metadata": { "a": 1 } });
    assert_eq!(world.api("chat.postMessage", args)["error"], "invalid_metadata_format");
}

#[test]
fn an_update_keeps_the_blocks_that_it_does_not_mention() {
    let mut world = World::new();
    let at = world.post(json!({ "channel": world.general, "text": "가", "blocks": buttons() }));
    let (channel, ts) = (at.channel.clone(), at.ts.clone());
    world.api("chat.update", json!({ "channel": channel, "ts": ts, "text": "나" }));
    assert_eq!(world.it.buttons(&at).len(), 2);
    world.api("chat.update", json!({ "channel": channel, "ts": ts, "text": "나", "blocks": [] }));
    assert!(world.it.buttons(&at).is_empty());
    let (theirs, _) = world.say("남의 글");
    let args = json!({ "channel": channel, "ts": theirs.ts, "text": "x" });
    assert_eq!(world.api("chat.update", args.clone())["error"], "cant_update_message");
    assert_eq!(world.api("chat.delete", args)["error"], "cant_delete_message");
}

#[test]
fn the_app_hears_of_its_own_posts() {
    let mut world = World::new();
    let at = world.post(json!({ "channel": world.general, "text": "가" }));
    world.api("chat.update", json!({ "channel": at.channel, "ts": at.ts, "text": "나" }));
    let echoes = world.it.take_echoes();
    assert_eq!(echoes.len(), 2);
    assert_eq!(echoes[0].payload["event"]["bot_id"], "B0SANDBOXCOC");
    assert_eq!(echoes[1].payload["event"]["subtype"], "message_changed");
    assert!(world.it.take_echoes().is_empty());
}

#[test]
fn ephemerals_leave_no_history() {
    let mut world = World::new();
    let gaon = world.gaon.clone();
    let args =
        json!({ "channel": world.general, "user": gaon, "text": "혼자", "blocks": buttons() });
    assert_eq!(world.api("chat.postEphemeral", args)["ok"], true);
    let history = world.api("conversations.history", json!({ "channel": world.general }));
    assert_eq!(history["messages"], json!([]));
    let shown = world.it.ephemerals()[0].clone();
    assert_eq!(shown.to, gaon);
    let on = PressOn::Ephemeral(&shown.at);
    let pressed = world.it.press(world.now, &gaon, on, Pick::Label("수락")).unwrap();
    assert_eq!(pressed.payload["container"]["is_ephemeral"], true);
    assert_eq!(pressed.payload["message"], Value::Null);
    let body = json!({ "replace_original": true, "text": "받았습니다" });
    let done = world.it.respond(world.now, &token_of(&pressed.payload), &body);
    assert_eq!(done["ok"], true);
    assert_eq!(world.it.ephemerals()[0].text, "받았습니다");
    assert_eq!(world.it.ephemerals().len(), 1);
}

#[test]
fn a_response_url_takes_five_posts_within_half_an_hour() {
    let mut world = World::new();
    let body = json!({ "text": "답" });
    let token = token_of(&world.slash("/coc", "help"));
    for _ in 0..5 {
        assert_eq!(world.it.respond(world.now, &token, &body)["ok"], true);
    }
    assert_eq!(world.it.respond(world.now, &token, &body)["error"], "used_url");
    assert_eq!(world.it.ephemerals().len(), 5);
    let token = token_of(&world.slash("/coc", "help"));
    world.wait(31 * 60);
    assert_eq!(world.it.respond(world.now, &token, &body)["error"], "expired_url");
}

#[test]
fn refusals_bear_slacks_names() {
    let mut world = World::new();
    let general = world.general.clone();
    let quiet = world.it.add_channel("quiet", "");
    let bot = world.it.bot.user.clone();
    world.it.leave_channel(&quiet, &bot);
    let post = |blocks: Value| json!({ "channel": general, "blocks": blocks });
    let section = |n: usize| {
        post(json!([{ "type": "section", "text": { "type": "mrkdwn", "text": "a".repeat(n) } }]))
    };
    let row = |label: usize, ids: &[usize]| {
        let one = |id: &usize| {
            let text = plain(&"b".repeat(label));
            json!({ "type": "button", "action_id": id.to_string(), "text": text })
        };
        let elements: Vec<Value> = ids.iter().map(one).collect();
        post(json!([{ "type": "actions", "elements": elements }]))
    };
    let many: Vec<usize> = (0..26).collect();
    let dividers = |n: usize| post(json!(vec![json!({ "type": "divider" }); n]));
    let text = |channel: &str, text: &str| json!({ "channel": channel, "text": text });
    let posted = world.post(text(general.as_str(), "x"));
    let message = |ts: &str| json!({ "channel": general, "ts": ts, "timestamp": ts, "text": "x", "name": "eyes" });
    for (method, args, error) in [
        ("chat.nothing", json!({}), "unknown_method"),
        ("chat.postMessage", text("C404", "x"), "channel_not_found"),
        ("chat.postMessage", text(quiet.as_str(), "x"), "not_in_channel"),
        ("chat.postMessage", text(general.as_str(), ""), "no_text"),
        ("chat.postMessage", text(general.as_str(), &"가".repeat(40_001)), "msg_too_long"),
        ("chat.postMessage", post(json!("nonsense")), "invalid_blocks_format"),
        ("chat.postMessage", section(3001), "invalid_blocks"),
        ("chat.postMessage", row(76, &[1]), "invalid_blocks"),
        ("chat.postMessage", row(5, &[1, 1]), "invalid_blocks"),
        ("chat.postMessage", row(5, &many), "invalid_blocks"),
        ("chat.postMessage", dividers(51), "invalid_blocks"),
        ("chat.update", message("1.000000"), "message_not_found"),
        (
            "chat.update",
            json!({ "channel": general, "ts": posted.ts, "text": "가".repeat(4_001) }),
            "msg_too_long",
        ),
        ("reactions.add", message("1.000000"), "message_not_found"),
        ("reactions.add", message("어제"), "bad_timestamp"),
        ("reactions.add", json!({ "name": "eyes" }), "no_item_specified"),
        (
            "reactions.add",
            json!({ "channel": general, "timestamp": posted.ts, "name": "눈 눈" }),
            "invalid_name",
        ),
        (
            "chat.postEphemeral",
            json!({ "channel": general, "user": "U4", "text": "x" }),
            "user_not_in_channel",
        ),
        ("users.info", json!({ "user": "U404" }), "user_not_found"),
        ("users.lookupByEmail", json!({ "email": "no@example.com" }), "users_not_found"),
        ("conversations.history", json!({ "channel": quiet }), "not_in_channel"),
        ("conversations.open", json!({ "users": "U404" }), "user_not_found"),
        ("usergroups.users.list", json!({ "usergroup": "S404" }), "no_such_subteam"),
        ("views.update", json!({ "view_id": "V404", "view": form() }), "not_found"),
        ("views.publish", json!({ "user_id": "U0SBX00001", "view": form() }), "invalid_arguments"),
    ] {
        let answer = world.api(method, args);
        assert_eq!(answer["error"], error, "{method}: {answer}");
        assert_eq!(answer["ok"], false);
    }
    for fits in [section(3000), row(75, &many[..25]), dividers(50)] {
        assert_eq!(world.api("chat.postMessage", fits)["ok"], true);
    }
    assert_eq!(world.it.api(world.now, None, "auth.test", &json!({}))["error"], "not_authed");
    assert_eq!(
        world.it.api(world.now, Some("x"), "auth.test", &json!({}))["error"],
        "invalid_auth"
    );
    let joined = world.api("conversations.join", json!({ "channel": quiet }));
    assert_eq!(joined["channel"]["is_member"], true);
}

#[test]
fn what_stands_where_it_cannot_is_refused() {
    let mut world = World::new();
    let general = world.general.clone();
    let mut post = |block: Value| {
        world.api("chat.postMessage", json!({ "channel": general, "blocks": [block] }))
    };
    let section =
        |beside: Value| json!({ "type": "section", "text": plain("x"), "accessory": beside });
    let options = |n: usize| -> Vec<Value> {
        (0..n).map(|n| json!({ "text": plain("x"), "value": n.to_string() })).collect()
    };
    let overflow = |n: usize| section(json!({ "type": "overflow", "options": options(n) }));
    let confirm = |title: usize| {
        section(json!({ "type": "button", "text": plain("x"), "confirm": {
            "title": plain(&"x".repeat(title)), "text": plain("x"),
            "confirm": plain("x"), "deny": plain("x"),
        } }))
    };
    let input = |most: i64| {
        let element = json!({ "type": "plain_text_input", "max_length": most });
        json!({ "type": "input", "label": plain("x"), "element": element })
    };
    let button = json!({ "type": "button", "text": plain("x") });
    let picture = json!({ "type": "image", "alt_text": "x" });
    for (block, place) in [
        (overflow(6), "/blocks/0/accessory/options"),
        (
            section(json!({ "type": "radio_buttons", "options": options(11) })),
            "/blocks/0/accessory/options",
        ),
        (section(json!({ "type": "plain_text_input" })), "/blocks/0/accessory/type"),
        (
            json!({ "type": "input", "label": plain("x"), "element": button }),
            "/blocks/0/element/type",
        ),
        (json!({ "type": "context", "elements": [button] }), "/blocks/0/elements/0"),
        (confirm(101), "/blocks/0/accessory/confirm/title/text"),
        (input(3001), "/blocks/0/element/max_length"),
        (section(picture.clone()), "/blocks/0/accessory"),
        (picture, "/blocks/0"),
    ] {
        let answer = post(block);
        assert_eq!(answer["error"], "invalid_blocks", "{place}");
        let said = answer["response_metadata"]["messages"][0].as_str().unwrap();
        assert!(said.ends_with(&format!("[json-pointer:{place}]")), "{place}: {said}");
    }
    for block in [overflow(5), confirm(100), input(3000)] {
        assert_eq!(post(block)["ok"], true);
    }
}

#[test]
fn a_rate_is_kept_on_demand() {
    let mut world = World::new();
    let here = json!({ "channel": world.general });
    for _ in 0..100 {
        assert_eq!(world.it.admit(world.now, "users.list", &json!({})), Ok(()), "none by itself");
    }
    world.it.limit_by_tiers();
    for _ in 0..20 {
        assert_eq!(world.it.admit(world.now, "users.list", &json!({})), Ok(()));
    }
    assert_eq!(world.it.admit(world.now, "users.list", &json!({})), Err(60));
    world.wait(59);
    assert_eq!(world.it.admit(world.now, "users.list", &json!({})), Err(1));
    world.wait(1);
    assert_eq!(world.it.admit(world.now, "users.list", &json!({})), Ok(()));
    for _ in 0..5 {
        assert_eq!(world.it.admit(world.now, "chat.postMessage", &here), Ok(()));
    }
    assert_eq!(world.it.admit(world.now, "chat.postMessage", &here), Err(5));
    let there = json!({ "channel": "C0SBX00002" });
    assert_eq!(world.it.admit(world.now, "chat.postMessage", &there), Ok(()), "each channel");
    let rate = Rate { calls: 1, per: TimeDelta::milliseconds(1_500) };
    world.it.limit("auth.test", rate);
    assert_eq!(world.it.admit(world.now, "auth.test", &json!({})), Ok(()));
    assert_eq!(world.it.admit(world.now, "auth.test", &json!({})), Err(2), "whole seconds");
    world.it.refuse_next("dnd.info", 2, 7);
    let asked: Vec<_> = (0..3).map(|_| world.it.admit(world.now, "dnd.info", &json!({}))).collect();
    assert_eq!(asked, [Err(7), Err(7), Ok(())]);
}

#[test]
fn who_is_who() {
    let mut world = World::new();
    assert_eq!(world.api("auth.test", json!({}))["user_id"], "U0SANDBOXCOC");
    let page = world.api("users.list", json!({ "limit": 3 }));
    assert_eq!(page["members"][0]["id"], "USLACKBOT");
    assert_eq!(page["members"][0]["is_bot"], false, "as Slack says of Slackbot");
    assert_eq!(page["members"][1]["is_bot"], true);
    assert_eq!(page["members"][2]["profile"]["email"], "gaon@example.co.kr");
    let bot = world.api("users.info", json!({ "user": page["members"][1]["id"] }));
    assert_eq!(bot["user"]["is_bot"], true);
    assert_eq!(world.api("bots.info", json!({}))["bot"]["user_id"], "U0SANDBOXCOC");
    let cursor = page["response_metadata"]["next_cursor"].clone();
    let page = world.api("users.list", json!({ "limit": 2, "cursor": cursor }));
    assert_eq!(page["members"].as_array().unwrap().len(), 1);
    assert_eq!(page["response_metadata"]["next_cursor"], "");
    let groups = world.api("usergroups.list", json!({ "include_users": true }));
    assert_eq!(groups["usergroups"][0]["users"], json!([world.coc1]));
    let channels = world.api("users.conversations", json!({ "types": "public_channel,im" }));
    assert_eq!(channels["channels"][0]["name"], "general");
    let opened = world.api("conversations.open", json!({ "users": world.gaon }));
    let direct = opened["channel"]["id"].as_str().unwrap().to_owned();
    assert!(direct.starts_with('D'), "{direct}");
    let posted = world.post(json!({ "channel": direct, "text": "개인에게" }));
    assert_eq!(posted.channel.as_str(), direct);
    assert!(world.it.take_echoes().is_empty());
}

#[test]
fn presence_status_and_pauses_are_asked_for() {
    let mut world = World::new();
    let gaon = world.gaon.clone();
    world.it.set_presence(&gaon, false).unwrap();
    world.it.set_dnd(world.now, &gaon, true).unwrap();
    let told = world.it.set_status(world.now, &gaon, "휴가", ":palm_tree:").unwrap();
    assert_eq!(told.payload["event"]["type"], "user_status_changed");
    assert_eq!(world.api("users.getPresence", json!({ "user": gaon }))["presence"], "away");
    let profile = world.api("users.profile.get", json!({ "user": gaon }));
    assert_eq!(profile["profile"]["status_emoji"], ":palm_tree:");
    world.wait(86_400);
    let dnd = world.api("dnd.info", json!({ "user": gaon }));
    assert!(dnd["next_dnd_start_ts"].as_i64().unwrap() <= world.now.timestamp());
    assert!(dnd["next_dnd_end_ts"].as_i64().unwrap() > world.now.timestamp());
    world.it.set_dnd(world.now, &gaon, false).unwrap();
    assert_eq!(world.api("dnd.info", json!({ "user": gaon }))["dnd_enabled"], false);
}

#[test]
fn the_home_is_published_and_opened() {
    let mut world = World::new();
    let gaon = world.gaon.clone();
    let view = json!({ "type": "home", "blocks": buttons() });
    let published = world.api("views.publish", json!({ "user_id": gaon, "view": view }));
    assert_eq!(published["view"]["type"], "home");
    let opened = world.it.open_home(world.now, &gaon).unwrap();
    assert_eq!(opened.payload["event"]["view"]["id"], published["view"]["id"]);
    let pressed = world.it.press(world.now, &gaon, PressOn::Home, Pick::Label("수락")).unwrap();
    assert_eq!(pressed.payload["container"]["type"], "view");
    assert_eq!(pressed.payload["view"]["id"], published["view"]["id"]);
}

#[test]
fn nobody_writes_where_they_are_not() {
    let mut world = World::new();
    let (gaon, general) = (world.gaon.clone(), world.general.clone());
    world.it.leave_channel(&general, &gaon);
    let refused = world.it.say(world.now, &gaon, &general, None, "x", Typing::Plain);
    assert_eq!(refused, Err(Refused::NotInChannel("general".to_owned())));
    let direct = world.api("conversations.open", json!({ "users": gaon }));
    let direct: ChannelId = direct["channel"]["id"].as_str().unwrap().into();
    let refused = world.it.say(world.now, &gaon, &direct, None, "x", Typing::Plain);
    assert_eq!(refused, Err(Refused::NoDirectMessages));
}
