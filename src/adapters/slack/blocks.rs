//! Writes what Slack shows: messages, forms, the app's home, a form's errors.
//!
//! Slack's mark-up has no escape for `*`, `_`, `~` and backticks. Where such a sign could pair up with another one of its line, a
//! look-alike is written instead; everywhere else text stands as it is, so that examples can be copied.

use crate::domain::message::{
    Answer, Button, Field, FieldKind, Form, Line, Message, Piece, Style, plain_line,
};
use serde_json::{Map, Value, json};

/// The `callback_id` of every form.
pub const CALLBACK: &str = "coc";

// Slack's limits, in characters (counted in UTF-16 units, the stricter way) or in elements.
const SECTION: usize = 3000;
const LABEL: usize = 75;
const VALUE: usize = 2000;
const TITLE: usize = 24;
const HINT: usize = 2000;
const METADATA: usize = 3000;
const INPUT: usize = 3000;
const OPTIONS: usize = 100;
const BUTTONS_A_ROW: usize = 25;
/// Slack cuts a message's text at 40,000; a longer message says itself that it is cut.
const SECTIONS: usize = 13;
const CUT_OFF: &str = "(이하 생략)";

/// What Slack cannot show; a fault of the program that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A message without words.
    #[error("the message has no words")]
    Empty,
    /// A button's token or a form's token is longer than Slack carries.
    #[error("a token of {length} characters, at most {most} fit")]
    Token {
        /// Its length.
        length: usize,
        /// What fits.
        most: usize,
    },
    /// A choice of none or of more than 100.
    #[error("a choice of {0}, 1 to 100 fit")]
    Choices(usize),
}

/// A message as Slack takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The whole message in Slack's mark-up: telephones show only this.
    pub text: String,
    /// The same as blocks, with the buttons.
    pub blocks: Vec<Value>,
}

/// A message with its buttons.
///
/// # Errors
/// When it has no words, or a button's token is too long.
pub fn message(message: &Message) -> Result<Rendered, Unfit> {
    let texts = sections(&message.lines);
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Err(Unfit::Empty);
    }
    let text = texts.join("\n");
    let mut blocks: Vec<Value> = texts.iter().map(|text| section(text)).collect();
    for (row, buttons) in message.buttons.chunks(BUTTONS_A_ROW).enumerate() {
        let elements = buttons
            .iter()
            .enumerate()
            .map(|(n, one)| button(row * BUTTONS_A_ROW + n, one))
            .collect::<Result<Vec<_>, _>>()?;
        blocks.push(json!({"type": "actions", "elements": elements}));
    }
    Ok(Rendered { text, blocks })
}

/// The app's home. Its buttons stand above the words: whoever opens it need not look for them below a long list.
///
/// # Errors
/// When it has no words, or a button's token is too long.
pub fn home(shown: &Message) -> Result<Value, Unfit> {
    let mut blocks = message(shown)?.blocks;
    let words = blocks.iter().take_while(|block| block["type"] == "section").count();
    blocks.rotate_left(words);
    Ok(json!({"type": "home", "blocks": blocks}))
}

/// A form as a modal. Its token travels as `private_metadata`, the fields' keys as `block_id`s.
///
/// # Errors
/// When the token is too long or a choice has no or too many options.
pub fn form(form: &Form) -> Result<Value, Unfit> {
    fits(&form.token, METADATA)?;
    let intro = sections(&form.intro);
    let mut blocks: Vec<Value> =
        intro.iter().filter(|text| !text.trim().is_empty()).map(|text| section(text)).collect();
    for one in &form.fields {
        blocks.push(field(one)?);
    }
    Ok(json!({
        "type": "modal",
        "callback_id": CALLBACK,
        "private_metadata": form.token,
        "title": plain(&form.title, TITLE),
        "submit": plain(&form.submit, TITLE),
        "close": plain("닫기", TITLE),
        "blocks": blocks,
    }))
}

/// The body that answers a form's submission; `None` closes it.
#[must_use]
pub fn answer(answer: &Answer) -> Option<Value> {
    match answer {
        Answer::Nothing => None,
        Answer::Errors(errors) => {
            let mut said: Map<String, Value> = Map::new();
            for error in errors {
                let text = match said.get(&error.key).and_then(Value::as_str) {
                    Some(before) => format!("{before} {}", error.text),
                    None => error.text.clone(),
                };
                said.insert(error.key.clone(), Value::String(text));
            }
            Some(json!({"response_action": "errors", "errors": said}))
        }
    }
}

fn section(text: &str) -> Value {
    // `verbatim` keeps Slack from making mentions and links out of plain words.
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn button(n: usize, button: &Button) -> Result<Value, Unfit> {
    fits(&button.token, VALUE)?;
    let mut element = json!({
        "type": "button",
        "action_id": format!("b{n}"),
        "text": plain(&button.label, LABEL),
        "value": button.token,
    });
    match button.style {
        Style::Plain => {}
        Style::Primary => element["style"] = json!("primary"),
        Style::Danger => element["style"] = json!("danger"),
    }
    Ok(element)
}

fn field(field: &Field) -> Result<Value, Unfit> {
    let initial = (!field.initial.is_empty()).then_some(&field.initial);
    let mut element = match &field.kind {
        FieldKind::Line | FieldKind::Lines => json!({
            "type": "plain_text_input",
            "multiline": field.kind == FieldKind::Lines,
            "max_length": INPUT,
        }),
        FieldKind::Choice(choices) => {
            if choices.is_empty() || choices.len() > OPTIONS {
                return Err(Unfit::Choices(choices.len()));
            }
            let options: Vec<Value> = choices.iter().map(|choice| option(choice)).collect();
            json!({"type": "static_select", "options": options})
        }
        FieldKind::Person => json!({"type": "users_select"}),
    };
    element["action_id"] = json!("v");
    if let Some(initial) = initial {
        match &field.kind {
            FieldKind::Line | FieldKind::Lines => {
                element["initial_value"] = json!(cut(initial, INPUT));
            }
            // Slack refuses the whole form when the initial option is none of the options.
            FieldKind::Choice(choices) if choices.contains(initial) => {
                element["initial_option"] = option(initial);
            }
            FieldKind::Choice(_) => {}
            FieldKind::Person => element["initial_user"] = json!(initial),
        }
    }
    let mut block = json!({
        "type": "input",
        "block_id": field.key,
        "label": plain(&field.label, HINT),
        "optional": field.optional,
        "element": element,
    });
    if !field.hint.is_empty() {
        block["hint"] = plain(&field.hint, HINT);
    }
    Ok(block)
}

fn option(choice: &str) -> Value {
    json!({"text": plain(choice, LABEL), "value": cut(choice, LABEL)})
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": cut(text, most), "emoji": false})
}

fn fits(token: &str, most: usize) -> Result<(), Unfit> {
    let length = units(token);
    if length > most { Err(Unfit::Token { length, most }) } else { Ok(()) }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text, or as much of it as fits with an ellipsis.
fn cut(text: &str, most: usize) -> String {
    if units(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut left = most - 1;
    for letter in text.chars() {
        match left.checked_sub(letter.len_utf16()) {
            Some(rest) => left = rest,
            None => break,
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

/// The lines in Slack's mark-up, packed into as few texts as hold them, split between lines where that is possible.
fn sections(lines: &[Line]) -> Vec<String> {
    let mut full: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut length = 0;
    let mut begun = false;
    for line in lines.iter().flat_map(split) {
        let atoms = mark_up(&line);
        let whole: usize = atoms.iter().map(|atom| units(atom)).sum();
        if begun && length + 1 + whole <= SECTION {
            text.push('\n');
            length += 1;
        } else if begun {
            full.push(std::mem::take(&mut text));
            length = 0;
        }
        begun = true;
        for atom in atoms {
            let more = units(&atom);
            if length + more > SECTION {
                full.push(std::mem::take(&mut text));
                length = 0;
            }
            text.push_str(&atom);
            length += more;
        }
    }
    if begun {
        full.push(text);
    }
    if full.len() > SECTIONS {
        full.truncate(SECTIONS - 1);
        full.push(CUT_OFF.to_owned());
    }
    full
}

/// A line without line breaks inside its pieces.
fn split(line: &Line) -> Vec<Line> {
    let mut lines = vec![Line::new()];
    for piece in line {
        let (words, make): (&str, fn(String) -> Piece) = match piece {
            Piece::Text(words) => (words, Piece::Text),
            Piece::Bold(words) => (words, Piece::Bold),
            Piece::Person { .. }
            | Piece::Group { .. }
            | Piece::Link(_)
            | Piece::After(_)
            | Piece::IfLate => {
                push(&mut lines, piece.clone());
                continue;
            }
        };
        for (n, part) in words.split('\n').enumerate() {
            if n > 0 {
                lines.push(Line::new());
            }
            push(&mut lines, make(part.trim_end_matches('\r').to_owned()));
        }
    }
    lines
}

fn push(lines: &mut [Line], piece: Piece) {
    if let Some(last) = lines.last_mut() {
        last.push(piece);
    }
}

/// One line in Slack's mark-up, in parts that must not be torn apart.
fn mark_up(line: &Line) -> Vec<String> {
    let paired = paired(line);
    let mut atoms: Vec<String> = Vec::new();
    let mut before = None;
    for (n, piece) in line.iter().enumerate() {
        match piece {
            Piece::Bold(words) if is_strong(words) => {
                let body = harmless(&words.replace('*', "∗"), before, &paired).concat();
                // Beside a letter Slack does not see the asterisk as mark-up; a space of no width parts them.
                let glued = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
                let after = line.get(n + 1).and_then(first_letter);
                let left = if glued(before) { "\u{200B}" } else { "" };
                let right = if glued(after) { "\u{200B}" } else { "" };
                atoms.push(format!("{left}*{body}*{right}"));
            }
            Piece::Person { id, .. } if is_id(id.as_str()) => atoms.push(format!("<@{id}>")),
            Piece::Group { id, .. } if is_id(id.as_str()) => {
                atoms.push(format!("<!subteam^{id}>"));
            }
            Piece::Link(url) => match link(url) {
                Some(link) => atoms.push(link),
                None => atoms.extend(harmless(url, before, &paired)),
            },
            Piece::Text(_)
            | Piece::Bold(_)
            | Piece::Person { .. }
            | Piece::Group { .. }
            | Piece::After(_)
            | Piece::IfLate => {
                let words = plain_line(std::slice::from_ref(piece));
                atoms.extend(harmless(&words, before, &paired));
            }
        }
        before = plain_line(std::slice::from_ref(piece)).chars().last().or(before);
    }
    atoms
}

/// Whether Slack can show it as strong: it has to begin and end with something visible, and to fit into one section.
fn is_strong(words: &str) -> bool {
    !words.is_empty() && words.trim() == words && units(words) < SECTION / 6
}

fn first_letter(piece: &Piece) -> Option<char> {
    plain_line(std::slice::from_ref(piece)).chars().next()
}

/// The signs of this line that could pair up and become mark-up.
fn paired(line: &Line) -> Vec<char> {
    let count = |sign: char| -> usize {
        line.iter()
            .map(|piece| match piece {
                Piece::Text(words) => words.matches(sign).count(),
                Piece::Bold(words) => words.matches(sign).count() + if sign == '*' { 2 } else { 0 },
                Piece::Link(url) if link(url).is_none() => url.matches(sign).count(),
                Piece::Link(_) | Piece::After(_) | Piece::IfLate => 0,
                Piece::Person { name, .. } => name.as_str().matches(sign).count(),
                Piece::Group { handle, .. } => handle.matches(sign).count(),
            })
            .sum()
    };
    ['*', '_', '~', '`'].into_iter().filter(|sign| count(*sign) > 1).collect()
}

/// Plain words, letter by letter, so that Slack reads no mark-up in them.
fn harmless(words: &str, mut before: Option<char>, paired: &[char]) -> Vec<String> {
    let mut out = Vec::new();
    let mut letters = words.chars().peekable();
    while let Some(letter) = letters.next() {
        let inside = |side: Option<char>| side.is_some_and(|c| c.is_ascii_alphanumeric());
        // Between letters, as in prod_web_1, a sign is never mark-up; but a backtick is everywhere.
        let acts = paired.contains(&letter)
            && (letter == '`' || !(inside(before) && inside(letters.peek().copied())));
        out.push(match letter {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            // At the head of a line it is a quotation, escaped or not.
            '>' if before.is_none_or(|c| c == '＞') => "＞".to_owned(),
            '>' => "&gt;".to_owned(),
            '*' if acts => "∗".to_owned(),
            '_' if acts => "＿".to_owned(),
            '~' if acts => "∼".to_owned(),
            '`' if acts => "ˋ".to_owned(),
            '\r' | '\u{0}' => String::new(),
            other => other.to_string(),
        });
        if !(letter.is_whitespace() && before.is_none()) {
            before = Some(if before.is_none_or(|c| c == '＞') && letter == '>' {
                '＞'
            } else {
                letter
            });
        }
    }
    out
}

fn is_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// `<url>`, for addresses of the web and of mail; anything else between these brackets could mention somebody.
fn link(url: &str) -> Option<String> {
    let known = ["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme));
    if !known || units(url) > SECTION / 6 {
        return None;
    }
    let mut safe = String::from("<");
    for letter in url.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("%3C"),
            '>' => safe.push_str("%3E"),
            '|' => safe.push_str("%7C"),
            space if space.is_whitespace() || space.is_control() => safe.push_str("%20"),
            other => safe.push(other),
        }
    }
    safe.push('>');
    Some(safe)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::message::FieldError;
    use proptest::prelude::*;

    fn text(words: &str) -> Piece {
        Piece::Text(words.to_owned())
    }

    fn person() -> Piece {
        Piece::Person { id: "U0GA".into(), name: "가온별".into() }
    }

    fn csr() -> Piece {
        Piece::Group { id: "S0CSR".into(), handle: "csr".to_owned() }
    }

    fn said(pieces: &[Piece]) -> String {
        message(&Message { lines: vec![pieces.to_vec()], buttons: Vec::new() }).unwrap().text
    }

    fn press(label: &str, token: &str, style: Style) -> Button {
        Button { label: label.to_owned(), token: token.to_owned(), style }
    }

    #[test]
    fn a_rung_as_slack_takes_it() {
        let rung = Message {
            lines: vec![
                vec![person(), text(" [한빛전자] 긴급 티켓입니다. R&D")],
                vec![Piece::Link("https://support.example.com/agent/tickets/4242?a=1&b=2".into())],
            ],
            buttons: vec![
                press("수락", "rung/12.0/take", Style::Primary),
                press("거절", "rung/12.0/refuse", Style::Plain),
            ],
        };
        let words = "<@U0GA> [한빛전자] 긴급 티켓입니다. R&amp;D\n\
            <https://support.example.com/agent/tickets/4242?a=1&amp;b=2>";
        let rendered = message(&rung).unwrap();
        assert_eq!(rendered.text, words);
        assert_eq!(
            Value::Array(rendered.blocks),
            json!([
                {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": true}},
                {"type": "actions", "elements": [
                    {"type": "button", "action_id": "b0", "value": "rung/12.0/take", "style": "primary",
                     "text": {"type": "plain_text", "text": "수락", "emoji": false}},
                    {"type": "button", "action_id": "b1", "value": "rung/12.0/refuse",
                     "text": {"type": "plain_text", "text": "거절", "emoji": false}},
                ]},
            ])
        );
    }

    #[test]
    fn plain_words_never_become_mark_up() {
        assert_eq!(said(&[text("<!here> <@U0GA> @here")]), "&lt;!here&gt; &lt;@U0GA&gt; @here");
        assert_eq!(said(&[text("*굵게* _기울임_ `코드`")]), "∗굵게∗ ＿기울임＿ ˋ코드ˋ");
        assert_eq!(said(&[text("> 인용")]), "＞ 인용");
        assert_eq!(said(&[text("a\n> b\n >> c")]), "a\n＞ b\n ＞＞ c");
        assert_eq!(said(&[text("3 > 2")]), "3 &gt; 2");
    }

    #[test]
    fn what_cannot_pair_up_stays_as_it_was_typed() {
        for words in ["prod_web_1", "2025-08-06 ~ 2025-08-07", "~8/28 제외", "5*3", "a_b_c d_e"] {
            assert_eq!(said(&[text(words)]), words);
        }
    }

    #[test]
    fn strong_words_stand_apart_from_letters() {
        let bold = Piece::Bold("한빛전자".to_owned());
        assert_eq!(said(&[text("["), bold.clone(), text("]")]), "[*한빛전자*]");
        assert_eq!(said(&[bold, text("가 열렸습니다")]), "*한빛전자*\u{200B}가 열렸습니다");
        assert_eq!(said(&[Piece::Bold("a*b".to_owned())]), "*a∗b*");
        assert_eq!(said(&[text("x"), Piece::Bold(" ".to_owned())]), "x ");
    }

    #[test]
    fn a_link_cannot_mention_anybody() {
        for address in ["!here", "@U0GA", "!subteam^S0CSR", "#C0GENERAL", "javascript:alert(1)"] {
            assert!(!said(&[Piece::Link(address.to_owned())]).contains('<'), "{address}");
        }
        let odd = Piece::Link("https://example.com/a|b> <!here>".to_owned());
        assert_eq!(said(&[odd]), "<https://example.com/a%7Cb%3E%20%3C!here%3E>");
        let forged = Piece::Person { id: "U1> <!here".into(), name: "가온별".into() };
        assert_eq!(said(&[forged, csr()]), "@가온별<!subteam^S0CSR>");
    }

    #[test]
    fn long_messages_are_split_between_lines() {
        let line = |n: usize| vec![text(&format!("{n} {}", "가".repeat(990)))];
        let long = Message { lines: (0..10).map(line).collect(), buttons: Vec::new() };
        let rendered = message(&long).unwrap();
        assert_eq!(rendered.blocks.len(), 4);
        for block in &rendered.blocks {
            let words = block["text"]["text"].as_str().unwrap();
            assert!(units(words) <= SECTION && words.chars().next().unwrap().is_ascii_digit());
        }
        assert_eq!(rendered.text, long.plain());
        let endless = Message { lines: (0..100).map(line).collect(), buttons: Vec::new() };
        let rendered = message(&endless).unwrap();
        assert!(rendered.blocks.len() <= 50 && rendered.text.ends_with(CUT_OFF));
        assert!(units(&rendered.text) < 40_000);
    }

    #[test]
    fn a_line_longer_than_a_section_is_torn_between_letters() {
        let rendered = message(&Message {
            lines: vec![vec![text(&"&".repeat(1400)), person()]],
            buttons: Vec::new(),
        })
        .unwrap();
        let texts: Vec<_> =
            rendered.blocks.iter().map(|b| b["text"]["text"].as_str().unwrap()).collect();
        assert_eq!(texts.concat(), format!("{}<@U0GA>", "&amp;".repeat(1400)));
        assert!(texts.iter().all(|part| part.ends_with(';') || part.ends_with('>')));
    }

    #[test]
    fn limits_of_buttons() {
        let buttons = (0..30).map(|n| press(&"가".repeat(80), &n.to_string(), Style::Plain));
        let many = Message { lines: vec![vec![text("x")]], buttons: buttons.collect() };
        let blocks = message(&many).unwrap().blocks;
        assert_eq!(blocks[1]["elements"].as_array().unwrap().len(), 25);
        assert_eq!(blocks[2]["elements"][4]["action_id"], "b29");
        let label = blocks[1]["elements"][0]["text"]["text"].as_str().unwrap();
        assert_eq!((units(label), label.ends_with('…')), (75, true));
        let long = vec![press("수락", &"x".repeat(2001), Style::Plain)];
        let long = Message { lines: vec![vec![text("x")]], buttons: long };
        assert_eq!(message(&long), Err(Unfit::Token { length: 2001, most: 2000 }));
        assert_eq!(message(&Message::default()), Err(Unfit::Empty));
    }

    fn asks(key: &str, kind: FieldKind, initial: &str) -> Field {
        Field {
            key: key.to_owned(),
            label: "대상 고객사 명".to_owned(),
            hint: String::new(),
            initial: initial.to_owned(),
            optional: false,
            kind,
        }
    }

    #[test]
    fn a_form_as_slack_takes_it() {
        let choice = FieldKind::Choice(vec!["예".to_owned(), "아니오".to_owned()]);
        let mut customer = asks("customer", FieldKind::Line, "한빛전자");
        customer.hint = "예: 한빛전자".to_owned();
        let asked = Form {
            token: "offboard".to_owned(),
            title: "강제 퇴점".to_owned(),
            intro: vec![vec![text("모두 적어 주십시오.")]],
            submit: "요청".to_owned(),
            fields: vec![
                customer,
                asks("mail", choice.clone(), "예"),
                asks("other", choice, "모름"),
                asks("who", FieldKind::Person, "U0GA"),
                asks("text", FieldKind::Lines, ""),
            ],
        };
        let view = form(&asked).unwrap();
        assert_eq!(
            (&view["type"], &view["callback_id"], &view["private_metadata"]),
            (&json!("modal"), &json!("coc"), &json!("offboard"))
        );
        assert_eq!(view["title"]["text"], "강제 퇴점");
        let block = |n: usize| &view["blocks"][n];
        assert_eq!(block(0)["text"]["text"], "모두 적어 주십시오.");
        assert_eq!(block(1)["block_id"], "customer");
        assert_eq!(block(1)["hint"]["text"], "예: 한빛전자");
        assert_eq!(block(1)["element"]["initial_value"], "한빛전자");
        assert_eq!(block(2)["element"]["initial_option"]["value"], "예");
        assert_eq!(block(3)["element"].get("initial_option"), None);
        assert_eq!(block(4)["element"]["initial_user"], "U0GA");
        assert_eq!(block(5)["element"]["multiline"], true);
        assert_eq!(block(5)["element"].get("initial_value"), None);
        let none = Form { fields: vec![asks("x", FieldKind::Choice(vec![]), "")], ..asked };
        assert_eq!(form(&none), Err(Unfit::Choices(0)));
    }

    #[test]
    fn errors_keep_the_form_open() {
        let wrong = |key: &str, text: &str| FieldError { key: key.into(), text: text.into() };
        let errors = Answer::Errors(vec![
            wrong("accounts", "11자리입니다."),
            wrong("when", "지난 날짜입니다."),
            wrong("when", "예: 2025-08-13 14:10"),
        ]);
        let expected = json!({"response_action": "errors", "errors": {
            "accounts": "11자리입니다.", "when": "지난 날짜입니다. 예: 2025-08-13 14:10"}});
        assert_eq!(answer(&errors), Some(expected));
        assert_eq!(answer(&Answer::Nothing), None);
    }

    #[test]
    fn the_home_has_its_buttons_above() {
        let shown = Message {
            lines: vec![vec![text("열린 사건 2건")]],
            buttons: vec![press("수락", "x", Style::Plain)],
        };
        let view = home(&shown).unwrap();
        assert_eq!(view["type"], "home");
        let kinds: Vec<&Value> =
            view["blocks"].as_array().unwrap().iter().map(|block| &block["type"]).collect();
        assert_eq!(kinds, ["actions", "section"]);
    }

    /// Reads mark-up as Slack would show it.
    fn read_back(text: &str) -> String {
        let names = text
            .replace("<@U0GA>", "@가온별")
            .replace("<!subteam^S0CSR>", "@csr")
            .replace("<https://example.com/4242>", "https://example.com/4242");
        assert!(!names.contains('<'), "unknown mark-up in {names}");
        names.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }

    /// Look-alikes and signs of strength aside.
    fn bare(text: &str) -> String {
        text.chars()
            .filter(|c| !"*∗_＿~∼`ˋ\u{200B}\r\u{0}".contains(*c))
            .map(|c| if c == '＞' { '>' } else { c })
            .collect()
    }

    fn any_piece() -> impl Strategy<Value = Piece> {
        let words = prop_oneof!["[a-z*_~`<>& \n가-힣|@!]{0,30}", any::<String>()];
        prop_oneof![
            words.clone().prop_map(Piece::Text),
            words.prop_map(Piece::Bold),
            Just(person()),
            Just(csr()),
            Just(Piece::Link("https://example.com/4242".to_owned())),
        ]
    }

    proptest! {
        #[test]
        fn what_is_shown_is_what_was_meant(
            lines in prop::collection::vec(prop::collection::vec(any_piece(), 0..6), 1..6)
        ) {
            let meant = Message { lines, buttons: Vec::new() };
            match message(&meant) {
                Ok(rendered) => {
                    prop_assert_eq!(bare(&read_back(&rendered.text)), bare(&meant.plain()));
                    let shown: Vec<_> = rendered.blocks.iter()
                        .map(|block| block["text"]["text"].as_str().unwrap()).collect();
                    prop_assert_eq!(shown.join("\n"), rendered.text);
                }
                Err(error) => {
                    prop_assert_eq!(error, Unfit::Empty);
                    prop_assert!(bare(&meant.plain()).trim().is_empty());
                }
            }
        }
    }
}
