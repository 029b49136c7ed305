//! What happened in one case, told from the journal's records: who did what, what they had before their eyes, what came of it.

use super::masked::masked;
use crate::domain::case::CaseChange;
use crate::domain::change::Change;
use crate::domain::desk::Desk;
use crate::domain::errand::{Errand, ErrandKind, Outcome, Place};
use crate::domain::ids::{CaseId, ChannelId, ErrandId, MessageRef, SlackUser};
use crate::domain::input::{Input, SlackAct, SlackInput};
use crate::domain::mail::{DraftChange, Email};
use crate::domain::message::{Form, Message};
use crate::domain::text::{mark, read};
use crate::domain::turn::Token;
use crate::domain::words;
use crate::journal::Record;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The most of a procedure's own step that is shown; all of it stands in the record.
const STEP_SHOWN: usize = 900;

/// Follows one case through a journal.
#[derive(Debug)]
pub(super) struct Follower {
    case: CaseId,
    desk: Desk,
    errands: BTreeSet<ErrandId>,
    drafts: BTreeSet<ErrandId>,
    kept: BTreeSet<String>,
    /// What stands on the case's buttons, by their tokens.
    buttons: BTreeMap<String, String>,
    /// What stands above the fields of the case's forms, by form and field.
    fields: BTreeMap<(String, String), String>,
    /// Which errand worded each own post last, as people see it.
    worded: BTreeMap<ErrandId, ErrandId>,
    /// The updates that are owed, each with the post that it changes.
    updates: BTreeMap<ErrandId, ErrandId>,
}

impl Follower {
    pub(super) fn new(case: CaseId) -> Self {
        Self {
            case,
            desk: Desk::default(),
            errands: BTreeSet::new(),
            drafts: BTreeSet::new(),
            kept: BTreeSet::new(),
            buttons: BTreeMap::new(),
            fields: BTreeMap::new(),
            worded: BTreeMap::new(),
            updates: BTreeMap::new(),
        }
    }

    /// The desk after the records that were taken.
    pub(super) const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Takes the next record; what it says of the case, line by line, or `None` when it does not concern it.
    pub(super) fn take(&mut self, record: &Record) -> Option<Vec<String>> {
        let asked = self.is_about_it(&record.input);
        let state_before = self.state();
        let input = self.input(&record.input);
        for change in &record.changes {
            self.desk.apply(record.at, change);
        }
        let concerned = asked || record.changes.iter().any(|change| self.is_of_it(change));
        if !concerned {
            return None;
        }
        let mut said = vec![format!("들어온 것: {input}")];
        let mut others = 0;
        for change in &record.changes {
            match self.change(change, asked) {
                // the input has said it already
                Told::Lines(_) if is_the_input(&record.input, change) => {}
                Told::Lines(lines) => said.extend(lines),
                Told::OfAnother => others += 1,
                Told::Nothing => {}
            }
        }
        if let Some(state) = self.state().filter(|state| Some(state) != state_before.as_ref()) {
            said.push(format!("· 상태: {state}"));
        }
        if others > 0 {
            said.push(format!("· 다른 사건의 일 {others}건은 여기에 적지 않습니다."));
        }
        // what goes on in another line stands further in, so that nothing in it can pass for a line of the extract itself
        let lines = said.iter().flat_map(|text| {
            text.lines().enumerate().map(|(nth, line)| match nth {
                0 => line.to_owned(),
                _ => format!("    {}", line.trim_start()),
            })
        });
        Some(lines.map(|line| masked(&line)).collect())
    }

    fn state(&self) -> Option<String> {
        let case = self.desk.cases.get(&self.case)?;
        Some(words::cases::state(&case.procedure))
    }

    fn is_of_errand(&self, errand: ErrandId) -> bool {
        self.errands.contains(&errand)
    }

    fn is_at(&self, at: &MessageRef) -> bool {
        self.desk.case_at(at) == Some(self.case)
    }

    /// Whether an input is about the case, on the desk as it was.
    fn is_about_it(&self, input: &Input) -> bool {
        if let Input::Slack(SlackInput { what, .. }) = input {
            return self.is_done_to_it(what);
        }
        if let Input::TakenUp { key } = input {
            return self.kept.contains(key);
        }
        if let Input::Settled { errand, .. } | Input::Phone { call: errand, .. } = input {
            return self.is_of_errand(*errand);
        }
        matches!(input, Input::Woken(wake) if wake.case == self.case)
    }

    fn is_done_to_it(&self, what: &SlackAct) -> bool {
        match what {
            SlackAct::Pressed { on, token, .. } => self.is_token(token) || self.is_at(on),
            SlackAct::Submitted { token, .. } => self.is_token(token),
            SlackAct::Edited { at, .. } | SlackAct::Deleted { at } => self.is_at(at),
            SlackAct::Said { .. }
            | SlackAct::BotSaid { .. }
            | SlackAct::Reacted { .. }
            | SlackAct::Unreacted { .. }
            | SlackAct::Commanded { .. }
            | SlackAct::HomePressed { .. }
            | SlackAct::HomeOpened => what.about().is_some_and(|at| self.is_at(&at)),
        }
    }

    fn is_token(&self, token: &str) -> bool {
        if self.buttons.contains_key(token) {
            return true;
        }
        match Token::read(token) {
            Some(Token::Draft(draft, _) | Token::DraftForm(draft)) => self.drafts.contains(&draft),
            Some(token) => token.case() == Some(self.case),
            None => false,
        }
    }

    /// Whether a change is one of the case.
    fn is_of_it(&self, change: &Change) -> bool {
        if let Change::Opened(case) = change {
            return case.id == self.case;
        }
        if let Change::Case(id, _) = change {
            return *id == self.case;
        }
        if let Change::Owed(errand) = change {
            return errand.case == Some(self.case);
        }
        if let Change::Settled { errand, .. }
        | Change::Dropped { errand }
        | Change::CallHeard { call: errand, .. }
        | Change::CallOver { call: errand, .. } = change
        {
            return self.is_of_errand(*errand);
        }
        if let Change::Drafted(draft) = change {
            return draft.case == self.case;
        }
        if let Change::Draft { draft, .. } = change {
            return self.drafts.contains(draft);
        }
        if let Change::BeatMissed { case, .. } = change {
            return *case == self.case;
        }
        if let Change::Kept(input) = change {
            return self.is_done_to_it(&input.what);
        }
        matches!(change, Change::Account { entry, .. } if entry.case == self.case)
    }

    /// Tells a change; `asked`: the record's input was about the case, so that who did it is answered in it.
    fn change(&mut self, change: &Change, asked: bool) -> Told {
        if let Change::Owed(errand) = change {
            return self.owed(errand, asked);
        }
        if !self.is_of_it(change) {
            let others =
                matches!(change, Change::Opened(_) | Change::Case(..) | Change::Account { .. });
            return if others { Told::OfAnother } else { Told::Nothing };
        }
        let mut lines = Vec::new();
        if let Change::Opened(case) = change {
            lines.push(format!("· 사건 시작: {}", words::cases::title(&case.procedure)));
            let procedure = value(&case.procedure);
            lines.push(format!("· 처음의 내용: {}", shortened(&procedure.to_string())));
        } else if let Change::Case(_, CaseChange::Noted(note)) = change {
            let by = note.by.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
            lines.push(format!("· 경과{by}: {}", note.text));
        } else if let Change::Case(_, step) = change {
            lines.push(format!("· 단계: {}", shortened(&value(step).to_string())));
        } else if let Change::Settled { errand, outcome } = change {
            lines.push(format!("· 일 {errand}의 결과: {}", self.outcome(outcome)));
            self.settled(*errand, outcome);
        } else if let Change::Dropped { errand } = change {
            lines.push(format!("· 일 {errand}: 필요 없게 되어 하지 않습니다."));
        } else if let Change::CallHeard { call, event } = change {
            lines.push(format!("· 전화 {call}: {}", value(event)));
        } else if let Change::CallOver { call, how } = change {
            let how = how.map_or_else(|| "봇이 끊음".to_owned(), |how| value(&how).to_string());
            lines.push(format!("· 전화 {call} 끝: {how}"));
        } else if let Change::Drafted(draft) = change {
            self.drafts.insert(draft.post);
            lines.push(format!("· 메일 초안 {}", draft.post));
            lines.extend(email(&draft.mail));
        } else if let Change::Draft { draft, change } = change {
            lines.extend(drafted(*draft, change));
        } else if let Change::Account { account, entry } = change {
            let payer =
                entry.payer.as_ref().map_or_else(String::new, |one| format!(", Payer {one}"));
            lines.push(format!(
                "· 계정 {account}: {} ([{}]{payer}, {})",
                words::accounts::event(entry.what),
                entry.customer,
                entry.by
            ));
        } else if let Change::Kept(input) = change {
            self.kept.insert(input.key.clone());
            lines.push(
                "· 아직 올라가지 않은 글에 한 것일 수 있어, 그 글이 올라가면 다시 봅니다."
                    .to_owned(),
            );
        }
        Told::Lines(lines)
    }

    fn owed(&mut self, errand: &Errand, asked: bool) -> Told {
        let of_it = errand.case == Some(self.case);
        // who asks, presses or hands in is answered without a case
        if !(of_it || errand.case.is_none() && (asked || self.opens_form_of_it(&errand.kind))) {
            let others = errand.case.is_some();
            return if others { Told::OfAnother } else { Told::Nothing };
        }
        self.errands.insert(errand.id);
        let mut lines = Vec::new();
        let id = errand.id;
        match &errand.kind {
            ErrandKind::Post { place, message }
            | ErrandKind::PostWithPicture { place, message, .. } => {
                lines.push(format!("· 일 {id}: {}에 글", self.place(place)));
                lines.extend(self.message(message));
            }
            ErrandKind::Update { post, message } => {
                self.updates.insert(id, *post);
                lines.push(format!("· 일 {id}: 글 {post}을(를) 고침"));
                lines.extend(self.message(message));
            }
            ErrandKind::Ephemeral { to, message, .. } => {
                lines.push(format!("· 일 {id}: {}에게만 보이는 답", self.who(to)));
                lines.extend(self.message(message));
            }
            ErrandKind::Direct { to, message } | ErrandKind::File { to, message, .. } => {
                lines.push(format!("· 일 {id}: {}에게 DM", self.who(to)));
                lines.extend(self.message(message));
            }
            ErrandKind::OpenForm { to, form, .. } => {
                lines.push(format!("· 일 {id}: {}에게 양식 \"{}\"", self.who(to), form.title));
                lines.extend(self.form(form));
            }
            ErrandKind::Call { to, number, about } => {
                lines.push(format!("· 일 {id}: {to}에게 전화 ({number})"));
                lines.push(format!("    {about}"));
            }
            ErrandKind::HangUp { call, to } => {
                lines.push(format!("· 일 {id}: {to}에게 건 전화 {call}을(를) 끊음"));
            }
            ErrandKind::Mail { mail } => {
                lines.push(format!("· 일 {id}: 메일 발송"));
                lines.extend(email(mail));
            }
            kind @ (ErrandKind::PublishHome { .. }
            | ErrandKind::Home { .. }
            | ErrandKind::SignIn { .. }
            | ErrandKind::ReadGuide { .. }
            | ErrandKind::Presence { .. }
            | ErrandKind::Ticket { .. }
            | ErrandKind::OpenTicket { .. }
            | ErrandKind::Probe { .. }) => {
                lines.push(format!("· 일 {id}: {}", shortened(&value(kind).to_string())));
            }
        }
        Told::Lines(lines)
    }

    fn opens_form_of_it(&self, kind: &ErrandKind) -> bool {
        matches!(kind, ErrandKind::OpenForm { form, .. } if self.is_token(&form.token))
    }

    fn settled(&mut self, errand: ErrandId, outcome: &Outcome) {
        if matches!(outcome, Outcome::Posted(_)) {
            self.worded.insert(errand, errand);
        }
        if matches!(outcome, Outcome::Done)
            && let Some(post) = self.updates.remove(&errand)
        {
            self.worded.insert(post, errand);
        }
    }

    fn message(&mut self, message: &Message) -> Vec<String> {
        for button in &message.buttons {
            self.buttons.insert(button.token.clone(), button.label.clone());
        }
        let mut lines: Vec<String> =
            message.plain().lines().map(|line| format!("    {line}")).collect();
        if !message.buttons.is_empty() {
            let labels: Vec<String> =
                message.buttons.iter().map(|button| format!("[{}]", button.label)).collect();
            lines.push(format!("    {}", labels.join(" ")));
        }
        lines
    }

    fn form(&mut self, form: &Form) -> Vec<String> {
        for field in &form.fields {
            let key = (form.token.clone(), field.key.clone());
            self.fields.insert(key, field.label.clone());
        }
        let intro = Message { lines: form.intro.clone(), buttons: Vec::new() }.plain();
        let labels: Vec<&str> = form.fields.iter().map(|field| field.label.as_str()).collect();
        let mut lines: Vec<String> = intro.lines().map(|line| format!("    {line}")).collect();
        lines.push(format!("    (칸: {})", labels.join(", ")));
        lines
    }

    fn who(&self, user: &SlackUser) -> String {
        let name = self.desk.name_of(user);
        if name.as_str() == user.as_str() { name.to_string() } else { format!("{name}({user})") }
    }

    fn channel(&self, id: &ChannelId) -> String {
        match self.desk.directory.channels.get(id) {
            Some(name) => format!("#{name}"),
            None => id.to_string(),
        }
    }

    fn place(&self, place: &Place) -> String {
        let thread = if place.thread.is_some() { " 스레드" } else { "" };
        format!("{}{thread}", self.channel(&place.channel))
    }

    fn outcome(&self, outcome: &Outcome) -> String {
        match outcome {
            Outcome::Posted(at) => format!("올라감 ({} {})", self.channel(&at.channel), at.ts),
            Outcome::Done => "됨".to_owned(),
            Outcome::Placed { to, .. } => format!("{to}에게 전화가 걸림"),
            Outcome::Joined { to, .. } => format!("{to}에게 이미 울리는 전화에 더함"),
            Outcome::Opened { ticket } => format!("티켓 {ticket}"),
            Outcome::Refused { why } => format!("하지 못함: {why}"),
            Outcome::Expired => "때가 지나 하지 않음".to_owned(),
            outcome @ (Outcome::Presence(_) | Outcome::Guide { .. }) => {
                shortened(&value(outcome).to_string())
            }
        }
    }

    /// A text of Slack as people read it.
    fn text(&self, text: &str) -> String {
        let reading = read(text);
        let mut words = reading.words;
        for user in &reading.users {
            words = words.replace(&mark(user.as_str()), &format!("@{}", self.desk.name_of(user)));
        }
        for group in &reading.groups {
            let known = self.desk.directory.groups.get(group);
            let handle = known.map_or(group.as_str(), |known| known.handle.as_str());
            words = words.replace(&mark(group.as_str()), &format!("@{handle}"));
        }
        words.replace('\n', "\n    ")
    }

    fn input(&self, input: &Input) -> String {
        if let Input::Slack(slack) = input {
            return self.did(slack);
        }
        if let Input::TakenUp { key } = input
            && let Some(slack) = self.desk.kept(key)
        {
            return format!("전에 받아 둔 것: {}", self.did(slack));
        }
        if let Input::Settled { errand, outcome } = input {
            return format!("일 {errand}의 결과: {}", self.outcome(outcome));
        }
        if let Input::Phone { call, event } = input {
            return format!("전화 {call}: {}", value(event));
        }
        if let Input::Woken(wake) = input {
            return format!("예정 시각 {}이 됨", wake.due.format("%Y-%m-%d %H:%M:%S"));
        }
        if let Input::Chimed(chime) = input {
            let due = chime.due.format("%Y-%m-%d %H:%M:%S");
            return format!("데스크의 정기 시각 {due}이 됨 ({})", value(&chime.what));
        }
        if let Input::Notice(notice) = input {
            let subject = notice.subject.as_deref().unwrap_or_default();
            return format!("관제 알림 {}: {subject} {}", notice.key, shortened(&notice.text));
        }
        shortened(&value(input).to_string())
    }

    fn did(&self, slack: &SlackInput) -> String {
        let who = self.who(&slack.by);
        match &slack.what {
            SlackAct::Said { at, thread, text } => {
                let thread = if thread.is_some() { " 스레드" } else { "" };
                let channel = self.channel(&at.channel);
                format!("{who} 님이 {channel}{thread}에 씀: {}", self.text(text))
            }
            SlackAct::BotSaid { at, text } => {
                format!("앱 {who}이(가) {}에 씀: {}", self.channel(&at.channel), self.text(text))
            }
            SlackAct::Edited { at, text, .. } => {
                format!("{who} 님이 {}의 글을 고침: {}", self.channel(&at.channel), self.text(text))
            }
            SlackAct::Deleted { at } => {
                format!("{who} 님이 {}의 글을 지움", self.channel(&at.channel))
            }
            SlackAct::Reacted { to, emoji } => {
                format!("{who} 님이 :{emoji}: 반응{}", self.seen_at(to))
            }
            SlackAct::Unreacted { to, emoji } => {
                format!("{who} 님이 :{emoji}: 반응을 거둠{}", self.seen_at(to))
            }
            SlackAct::Pressed { on, token, .. } => {
                let label = self.buttons.get(token).map_or(token.as_str(), String::as_str);
                format!("{who} 님이 [{label}]을(를) 누름{}", self.seen_at(on))
            }
            SlackAct::Commanded { command, text, channel, .. } => {
                format!("{who} 님이 {}에서 {command} {}", self.channel(channel), self.text(text))
            }
            SlackAct::Submitted { token, fields } => {
                let mut said = format!("{who} 님이 양식을 냄");
                for (key, answer) in fields {
                    let known = self.fields.get(&(token.clone(), key.clone()));
                    let label = known.unwrap_or(key);
                    said.push_str(&format!("\n    {label}: {}", answer.replace('\n', "\n      ")));
                }
                said
            }
            SlackAct::HomePressed { .. } => format!("{who} 님이 앱 홈에서 누름"),
            SlackAct::HomeOpened => format!("{who} 님이 앱의 홈을 엶"),
        }
    }

    /// Which wording of an own post its reader had before the eyes.
    fn seen_at(&self, at: &MessageRef) -> String {
        let post = self.desk.errand_at(at);
        match post.and_then(|post| Some((post, self.worded.get(&post)?))) {
            Some((post, by)) if post == *by => format!(" (보고 있던 글: 일 {post})"),
            Some((post, by)) => format!(" (보고 있던 글: 일 {post}, 일 {by}에서 고친 내용)"),
            None => format!(" ({} {})", self.channel(&at.channel), at.ts),
        }
    }
}

/// What a change tells of the case.
enum Told {
    Lines(Vec<String>),
    /// It is another case's.
    OfAnother,
    /// Nothing that concerns it.
    Nothing,
}

/// Whether a change says the same as the input.
fn is_the_input(input: &Input, change: &Change) -> bool {
    if let (Input::Settled { errand, .. }, Change::Settled { errand: settled, .. }) =
        (input, change)
    {
        errand == settled
    } else {
        false
    }
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(STEP_SHOWN) {
        Some((end, _)) => format!("{}… (나머지는 원문에 있습니다)", &text[..end]),
        None => text.to_owned(),
    }
}

fn email(mail: &Email) -> Vec<String> {
    let mut lines = vec![format!("    받는 사람: {}", mail.to.join(", "))];
    if !mail.cc.is_empty() {
        lines.push(format!("    참조: {}", mail.cc.join(", ")));
    }
    lines.push(format!("    제목: {}", mail.subject));
    lines.extend(mail.text.lines().map(|line| format!("    {line}")));
    lines
}

fn drafted(draft: ErrandId, change: &DraftChange) -> Vec<String> {
    match change {
        DraftChange::Edited { mail } => {
            let mut lines = vec![format!("· 메일 초안 {draft}을(를) 고침")];
            lines.extend(email(mail));
            lines
        }
        DraftChange::Sending { by, .. } => vec![format!("· 메일 초안 {draft}: {by} 발송")],
        DraftChange::Sent { by, .. } => vec![format!("· 메일 초안 {draft}: 보냄 ({by})")],
        DraftChange::Returned => vec![format!("· 메일 초안 {draft}: 보내지 못해 되돌아옴")],
        DraftChange::Discarded => vec![format!("· 메일 초안 {draft}: 지움")],
    }
}
