//! One name for another in the JSON of a record: every text in it is looked at as people read it, keys too, and everything else
//! stays as it was, byte for byte.
//!
//! What is looked for is found in the spellings that it has inside of records: a telephone number with any separators and with +82, a name
//! or address in percent-encoding and as `\u…` escapes (JSON within a text). Upper and lower case of ASCII letters are one.
//!
//! A name stands in the middle of words (`가온별님`), so it is replaced wherever it is found, but for longer names that hold it: a customer
//! 한솔제지 is not renamed with a person 한솔. Numbers, addresses and ids must stand alone: `U1` is not in `U12`.

use aho_corasick::{AhoCorasick, Input, MatchKind};
use std::fmt::Write as _;

/// What is replaced: decides what may stand beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A name, or any other words.
    Words,
    /// A telephone number.
    Number,
    /// A mail address.
    Address,
    /// A Slack user's id.
    SlackId,
}

/// One thing to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) kind: Kind,
    pub(super) from: String,
    pub(super) to: String,
}

/// A spelling that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Spelling {
    kind: Kind,
    from: String,
    /// `None`: it stays, for it is another one's.
    to: Option<String>,
}

/// Replaces.
#[derive(Debug)]
pub(super) struct Renamer {
    search: AhoCorasick,
    spellings: Vec<Spelling>,
    /// The same in the bytes of JSON, to pass quickly over what holds none of it.
    quick: AhoCorasick,
    /// Slack ids, for the fields beside them that say whose they are.
    ids: Vec<String>,
    alias: String,
}

/// Looking for nothing, or for too much.
#[derive(Debug, thiserror::Error)]
#[error("찾을 글을 만들 수 없습니다: {0}")]
pub(super) struct Unsearchable(#[from] aho_corasick::BuildError);

impl Renamer {
    /// `kept`: longer names that hold one of those; they stay as they are.
    pub(super) fn new(
        changes: &[Change],
        kept: impl IntoIterator<Item = String>,
        alias: &str,
    ) -> Result<Self, Unsearchable> {
        let mut spellings: Vec<Spelling> = changes.iter().flat_map(spellings).collect();
        spellings.extend(kept.into_iter().map(|from| Spelling {
            kind: Kind::Words,
            from,
            to: None,
        }));
        let build = |texts: Vec<String>| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .ascii_case_insensitive(true)
                .build(texts)
        };
        let search = build(spellings.iter().map(|one| one.from.clone()).collect())?;
        let wanted = spellings.iter().filter(|one| one.to.is_some());
        let quick = build(wanted.map(|one| quoted(&one.from)).collect())?;
        let ids = changes.iter().filter(|one| one.kind == Kind::SlackId);
        let ids = ids.map(|one| one.from.clone()).collect();
        Ok(Self { search, spellings, quick, ids, alias: alias.to_owned() })
    }

    /// Whether anything of it stands in this text.
    pub(super) fn finds(&self, text: &str) -> bool {
        self.text(text).is_some()
    }

    /// The same, in JSON.
    pub(super) fn finds_in_json(&self, json: &[u8]) -> bool {
        self.quick.is_match(json) && self.json(json).is_none_or(|renamed| renamed != json)
    }

    /// The JSON with everything replaced; `None`: it cannot be read.
    pub(super) fn json(&self, json: &[u8]) -> Option<Vec<u8>> {
        if !self.quick.is_match(json) {
            return Some(json.to_vec());
        }
        // it is read as JSON first: what follows relies on that
        serde_json::from_slice::<serde::de::IgnoredAny>(json).ok()?;
        let mut rest = std::str::from_utf8(json).ok()?;
        let mut tree = Node::read(&mut rest)?;
        self.node(&mut tree);
        let mut out = String::with_capacity(json.len());
        tree.write(&mut out)?;
        Some(out.into_bytes())
    }

    fn node(&self, node: &mut Node<'_>) {
        match node {
            Node::Plain(_) => {}
            Node::Text(text) => {
                if let Some(renamed) = self.text(text) {
                    *text = renamed;
                }
            }
            Node::List(items) => items.iter_mut().for_each(|item| self.node(item)),
            Node::Object(members) => {
                self.beside_an_id(members);
                for (key, value) in members {
                    if let Some(renamed) = self.text(key) {
                        *key = renamed;
                    }
                    self.node(value);
                }
            }
        }
    }

    /// Slack tells of a user by an object with the id and with handles that are no names we know: `{"id": "U…", "username": "gaon"}`,
    /// `{"user_id": "U…", "user_name": "gaon"}`, `{"user": "U…", "user_profile": {…}}`.
    fn beside_an_id(&self, members: &mut [(String, Node<'_>)]) {
        let is_theirs = |(key, value): &(String, Node<'_>)| {
            let Node::Text(id) = value else { return false };
            ["id", "user", "user_id"].contains(&key.as_str()) && self.ids.contains(id)
        };
        if !members.iter().any(is_theirs) {
            return;
        }
        for (key, value) in members {
            match value {
                Node::Object(profile) if ["profile", "user_profile"].contains(&key.as_str()) => {
                    profile.iter_mut().for_each(|(key, value)| self.of_a_person(key, value));
                }
                Node::Object(_) | Node::Text(_) | Node::List(_) | Node::Plain(_) => {
                    self.of_a_person(key, value);
                }
            }
        }
    }

    fn of_a_person(&self, key: &str, value: &mut Node<'_>) {
        const NAMES: [&str; 10] = [
            "name",
            "username",
            "user_name",
            "real_name",
            "display_name",
            "first_name",
            "last_name",
            "real_name_normalized",
            "display_name_normalized",
            "pronouns",
        ];
        const OTHERS: [&str; 6] =
            ["email", "phone", "skype", "title", "avatar_hash", "status_text"];
        let Node::Text(text) = value else { return };
        if text.is_empty() {
            return;
        }
        if NAMES.contains(&key) {
            text.clone_from(&self.alias);
        } else if OTHERS.contains(&key) || key.starts_with("image_") {
            text.clear();
        }
    }

    /// The text with everything replaced; `None`: nothing of it is in there.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let mut renamed: Option<String> = None;
        let (mut done, mut from) = (0, 0);
        while let Some(found) = self.search.find(Input::new(text).range(from..)) {
            let spelling = &self.spellings[found.pattern().as_usize()];
            let (before, after) = (&text[..found.start()], &text[found.end()..]);
            let Some(to) = &spelling.to else {
                from = found.end();
                continue;
            };
            if !stands_alone(spelling, before, after) {
                from = found.start() + first_len(&text[found.start()..]);
                continue;
            }
            let out = renamed.get_or_insert_default();
            out.push_str(&text[done..found.start()]);
            out.push_str(to);
            (done, from) = (found.end(), found.end());
            // `<@U…|handle>`
            if spelling.kind == Kind::SlackId
                && let Some(label) = after.strip_prefix('|').and_then(|rest| rest.split('>').next())
                && before.ends_with("<@")
            {
                let _ = write!(out, "|{}", self.alias);
                done += 1 + label.len();
                from = done;
            }
        }
        let mut out = renamed?;
        out.push_str(&text[done..]);
        Some(out)
    }
}

fn first_len(text: &str) -> usize {
    text.chars().next().map_or(1, char::len_utf8)
}

fn stands_alone(spelling: &Spelling, before: &str, after: &str) -> bool {
    let (left, right) = (before.chars().next_back(), after.chars().next());
    let is_letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let begins = is_letter(spelling.from.chars().next());
    let ends = is_letter(spelling.from.chars().next_back());
    match spelling.kind {
        Kind::Words => !(begins && is_letter(left) || ends && is_letter(right)),
        Kind::Number => !is_digit(left) && !is_digit(right),
        Kind::SlackId => !is_letter(left) && !is_letter(right),
        Kind::Address => {
            let more = |c: Option<char>| is_letter(c) || matches!(c, Some('-' | '_' | '+'));
            // a full stop may end a sentence
            let longer = matches!(right, Some('.')) && is_letter(after.chars().nth(1));
            // what was percent-encoded around it ends with a hexadecimal digit
            let encoded = before.len() >= 3
                && before.as_bytes()[before.len() - 3] == b'%'
                && before.bytes().rev().take(2).all(|byte| byte.is_ascii_hexdigit());
            !((more(left) || left == Some('.')) && !encoded) && !more(right) && !longer
        }
    }
}

fn spellings(change: &Change) -> Vec<Spelling> {
    let Change { kind, from, to } = change;
    let one = |from: String, to: String| Spelling { kind: *kind, from, to: Some(to) };
    let mut all = Vec::new();
    if *kind == Kind::Number {
        let pairs = number_shapes(from).into_iter().zip(number_shapes(to));
        all.extend(pairs.map(|(from, to)| one(from, to)));
    }
    all.push(one(from.clone(), to.clone()));
    for encode in [percent, escaped] {
        if encode(from) != *from {
            all.push(one(encode(from), encode(to)));
        }
    }
    all
}

/// A number in its shapes. Numbers of other shapes than ours have but the one of digits.
fn number_shapes(number: &str) -> Vec<String> {
    let groups: Vec<&str> = number.split('-').collect();
    let mut shapes = Vec::new();
    for separator in ["-", " ", ".", "", "\u{2013}"] {
        shapes.push(groups.join(separator));
        let Some(area) = groups[0].strip_prefix('0') else { continue };
        let abroad = [&[area], &groups[1..]].concat().join(separator);
        for country in ["82", "82 ", "82-", "82.", "82 (0)", "82(0)"] {
            shapes.push(format!("{country}{abroad}"));
        }
        for gap in ["", " "] {
            shapes.push(format!("({}){gap}{}", groups[0], groups[1..].join(separator)));
        }
    }
    shapes
}

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// As JSON that spares anything but ASCII writes it.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// A text as it stands inside a JSON string.
fn quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// JSON as it was written: members in their order, numbers by their digits.
#[derive(Debug)]
enum Node<'a> {
    /// A number, `true`, `false`, `null`.
    Plain(&'a str),
    Text(String),
    List(Vec<Node<'a>>),
    Object(Vec<(String, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Reads the next value of what is known to be JSON of a bounded depth.
    fn read(rest: &mut &'a str) -> Option<Self> {
        *rest = rest.trim_start();
        match rest.bytes().next()? {
            b'"' => text(rest).map(Self::Text),
            b'[' => {
                let mut items = Vec::new();
                while !open_or_next(rest, ']')? {
                    items.push(Self::read(rest)?);
                }
                Some(Self::List(items))
            }
            b'{' => {
                let mut members = Vec::new();
                while !open_or_next(rest, '}')? {
                    *rest = rest.trim_start();
                    let key = text(rest)?;
                    *rest = rest.trim_start().strip_prefix(':')?;
                    members.push((key, Self::read(rest)?));
                }
                Some(Self::Object(members))
            }
            _ => {
                let end = rest.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
                let (plain, after) = rest.split_at(end);
                *rest = after;
                Some(Self::Plain(plain))
            }
        }
    }

    fn write(&self, out: &mut String) -> Option<()> {
        match self {
            Self::Plain(plain) => out.push_str(plain),
            Self::Text(text) => out.push_str(&serde_json::to_string(text).ok()?),
            Self::List(items) => {
                out.push('[');
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    item.write(out)?;
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (nth, (key, value)) in members.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    out.push_str(&serde_json::to_string(key).ok()?);
                    out.push(':');
                    value.write(out)?;
                }
                out.push('}');
            }
        }
        Some(())
    }
}

/// Steps over the bracket that opens, or the comma; `true`: over the one that closes, and all is read.
fn open_or_next(rest: &mut &str, close: char) -> Option<bool> {
    *rest = rest.trim_start();
    let opened = rest.starts_with(['[', '{', ',']);
    // a nested value begins with a bracket too, but is read before the next comma
    if opened {
        *rest = rest[1..].trim_start();
    }
    if let Some(after) = rest.strip_prefix(close) {
        *rest = after;
        return Some(true);
    }
    opened.then_some(false)
}

/// Reads a string.
fn text(rest: &mut &str) -> Option<String> {
    let mut escaped = false;
    let end = rest.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    let (quoted, after) = rest.split_at(end + 2);
    *rest = after;
    serde_json::from_str(quoted).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn change(kind: Kind, from: &str, to: &str) -> Change {
        Change { kind, from: from.to_owned(), to: to.to_owned() }
    }

    fn renamer() -> Renamer {
        let changes = [
            change(Kind::Words, "가온별", "퇴사자-1"),
            change(Kind::Number, "010-0000-1001", "010-0000-9001"),
            change(Kind::Address, "gaon@example.co.kr", "forgotten-1@example.com"),
            change(Kind::SlackId, "U1", "UFORGOTTEN1"),
        ];
        Renamer::new(&changes, ["가온별상사".to_owned()], "퇴사자-1").unwrap()
    }

    fn renamed(text: &str) -> String {
        renamer().text(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn a_name_is_found_in_the_middle_of_words_and_not_in_a_longer_name() {
        assert_eq!(renamed("@가온별님, 가온별 님"), "@퇴사자-1님, 퇴사자-1 님");
        assert_eq!(renamed("가온별상사의 가온별"), "가온별상사의 퇴사자-1");
        assert_eq!(renamed("가온"), "가온");
        assert_eq!(renamed("x=%EA%B0%80%EC%98%A8%EB%B3%84&"), "x=%ED%87%B4%EC%82%AC%EC%9E%90%2D1&");
        assert_eq!(renamed(r#"{"n":"\uAC00\uc628\ubcc4"}"#), r#"{"n":"\ud1f4\uc0ac\uc790-1"}"#);
    }

    #[test]
    fn a_number_is_found_in_every_shape_and_keeps_it() {
        for (from, to) in [
            ("010-0000-1001", "010-0000-9001"),
            ("tel:01000001001.", "tel:01000009001."),
            ("010 0000 1001", "010 0000 9001"),
            ("+821000001001", "+821000009001"),
            ("+82 10-0000-1001", "+82 10-0000-9001"),
            ("%2B821000001001", "%2B821000009001"),
            ("(010) 0000-1001", "(010) 0000-9001"),
        ] {
            assert_eq!(renamed(from), to);
        }
        for other in ["0010-0000-1001", "010-0000-10011", "201000001001"] {
            assert_eq!(renamed(other), other);
        }
    }

    #[test]
    fn an_address_and_an_id_stand_alone() {
        assert_eq!(
            renamed("<mailto:Gaon@example.co.kr|gaon@example.co.kr>."),
            "<mailto:forgotten-1@example.com|forgotten-1@example.com>."
        );
        assert_eq!(renamed("gaon@example.co.kr."), "forgotten-1@example.com.");
        for other in ["a.gaon@example.co.kr", "gaon@example.co.kr.example.com", "U12", "AU1"] {
            assert_eq!(renamed(other), other);
        }
        assert_eq!(renamed("<@U1> r:C1:17.1:U1:eyes"), "<@UFORGOTTEN1> r:C1:17.1:UFORGOTTEN1:eyes");
        assert_eq!(renamed("<@U1|gaon> 님"), "<@UFORGOTTEN1|퇴사자-1> 님");
    }

    #[test]
    fn keys_are_renamed_and_the_rest_stays_as_it_was() {
        let json =
            r#"{"z":1.50,"가온별":[3,true,null,{"b":"\n\u0001\"U1"}],"a":{},"c":[],"n":-2e9}"#;
        let expected = r#"{"z":1.50,"퇴사자-1":[3,true,null,{"b":"\n\u0001\"UFORGOTTEN1"}],"a":{},"c":[],"n":-2e9}"#;
        let out = renamer().json(json.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        assert_eq!(renamer().json(b"{\"a\":\"U1\""), None);
    }

    #[test]
    fn what_slack_tells_beside_an_id_goes_too() {
        let raw = json!({
            "user": {"id": "U1", "username": "gaon.b", "name": "gaon.b", "team_id": "T1"},
            "other": {"id": "U2", "username": "narae"},
            "event": {"user": "U1", "text": "hello", "user_profile":
                {"real_name": "Gaon B", "image_72": "https://example.com/i.png", "team": "T1"}},
        });
        let out = renamer().json(raw.to_string().as_bytes()).unwrap();
        let out: Value = serde_json::from_slice(&out).unwrap();
        let expected = json!({
            "user": {"id": "UFORGOTTEN1", "username": "퇴사자-1", "name": "퇴사자-1", "team_id": "T1"},
            "other": {"id": "U2", "username": "narae"},
            "event": {"user": "UFORGOTTEN1", "text": "hello", "user_profile":
                {"real_name": "퇴사자-1", "image_72": "", "team": "T1"}},
        });
        assert_eq!(out, expected);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            "[\"\\\\\n\tU1가온별]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-z가U1\" ]{0,5}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn json_that_is_taken_apart_and_put_together_is_the_same(value in any_json()) {
            let json = value.to_string();
            let mut rest = json.as_str();
            let mut out = String::new();
            Node::read(&mut rest).unwrap().write(&mut out).unwrap();
            prop_assert_eq!((rest, &out), ("", &json));
        }

        #[test]
        fn nothing_is_found_in_what_was_renamed(value in any_json()) {
            let renamer = renamer();
            let once = renamer.json(value.to_string().as_bytes()).unwrap();
            prop_assert!(serde_json::from_slice::<Value>(&once).is_ok());
            prop_assert!(!renamer.finds_in_json(&once));
        }
    }
}
