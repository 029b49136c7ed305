//! What came from outside and nobody understood: kept, shown to COC, made a case by hand. Never dropped.

use super::super::aws::{Alarm, AlarmState, Metric};
use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::desk::Desk;
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Urgency};
use super::super::ids::{AccountId, CaseId, Name, SlackUser};
use super::super::input::ReplyTo;
use super::super::message::{Answer, FieldError, Message};
use super::super::policy::{AlarmLevel, Policy};
use super::super::time::Time;
use super::super::turn::{StrayPress, Turn};
use super::super::watch::asked_again_at;
use super::super::words;
use super::incident::noti;
use super::intake::{self, Taken, clipped};
use super::urgent::{Board, take_buttons};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something that nobody understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stray {
    /// The card, in whose thread it lives.
    pub home: Home,
    /// What began it: the name of a delivery.
    pub origin: String,
    /// What is the matter with it.
    pub subject: Subject,
    /// Its text as far as it is shown; the journal has all of it.
    pub text: String,
    /// How many more came, and the names of the first few.
    pub more: u32,
    /// Their names.
    pub names: Vec<String>,
    /// Whether somebody looked after it.
    pub state: StrayState,
    /// When COC was last asked.
    pub asked: Time,
    /// How often COC was asked again.
    #[serde(default)]
    pub times: u32,
    /// Other posts that bear its buttons, with what they say.
    pub boards: Vec<Board>,
}

/// What is the matter with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// It is nothing that the program knows.
    Unread {
        /// Why.
        why: String,
    },
    /// It is of an account that is on nobody's record.
    Account {
        /// Which.
        account: AccountId,
        /// The alarm's name.
        name: String,
    },
    /// It does not say of which account it is.
    NoAccount {
        /// The alarm's name.
        name: String,
    },
}

/// Whether somebody looked after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayState {
    /// Nobody did yet.
    Waiting,
    /// It was made an incident.
    Made {
        /// That case.
        case: CaseId,
        /// By whom.
        by: Name,
        /// When.
        at: Time,
    },
    /// It is of no matter.
    Ignored {
        /// Who says so.
        by: Name,
        /// When.
        at: Time,
    },
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrayChange {
    /// Another of the same kind came.
    More {
        /// The alarm's name; empty where it has none.
        name: String,
    },
    /// COC was asked again.
    Asked {
        /// When.
        at: Time,
    },
    /// A post bears its buttons.
    Shown(Board),
    /// The posts that did bear none any more.
    Cleared,
    /// Somebody looked after it.
    Done(StrayState),
}

/// How many names are shown.
const NAMES_SHOWN: usize = 10;
/// How many letters of a text are shown.
const SHOWN: usize = 1_500;
/// How many cards of unread texts stand open at a time; what comes beyond goes into the newest one's thread.
const UNREAD_CARDS: usize = 5;
/// How many texts are shown there; beyond that they are counted, and stand in the journal.
const TEXTS_IN_THREAD: u32 = 50;

impl Stray {
    /// Takes a step.
    pub fn apply(&mut self, change: &StrayChange) {
        match change {
            StrayChange::More { name } => {
                self.more = self.more.saturating_add(1);
                let is_new = !name.is_empty() && !self.names.contains(name);
                if is_new && self.names.len() < NAMES_SHOWN {
                    self.names.push(name.clone());
                }
            }
            StrayChange::Asked { at } => {
                self.asked = *at;
                self.times = self.times.saturating_add(1);
            }
            StrayChange::Shown(board) => self.boards.push(board.clone()),
            StrayChange::Cleared => self.boards.clear(),
            StrayChange::Done(state) => self.state = state.clone(),
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == StrayState::Waiting
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, policy: &Policy) -> Option<Time> {
        self.is_open().then(|| asked_again_at(self.asked, policy.alarm.chase_after, self.times))
    }

    /// Whether a new one is more of this.
    fn is_like(&self, subject: &Subject, text: &str) -> bool {
        match (&self.subject, subject) {
            (Subject::Account { account, .. }, Subject::Account { account: other, .. }) => {
                account == other
            }
            (Subject::NoAccount { name }, Subject::NoAccount { name: other }) => name == other,
            (Subject::Unread { .. }, Subject::Unread { .. }) => self.text == text,
            (
                Subject::Account { .. } | Subject::NoAccount { .. } | Subject::Unread { .. },
                Subject::Account { .. } | Subject::NoAccount { .. } | Subject::Unread { .. },
            ) => false,
        }
    }
}

impl Subject {
    fn name(&self) -> &str {
        match self {
            Self::Account { name, .. } | Self::NoAccount { name } => name,
            Self::Unread { .. } => "",
        }
    }

    const fn is_unread(&self) -> bool {
        matches!(self, Self::Unread { .. })
    }
}

fn stray(desk: &Desk, id: CaseId) -> Option<&Stray> {
    desk.cases.get(&id)?.procedure.as_stray()
}

fn step(turn: &mut Turn<'_>, id: CaseId, one: &mut Stray, change: StrayChange) {
    one.apply(&change);
    turn.change(Change::Case(id, CaseChange::Stray(change)));
}

/// Something came that nobody understands: a card for COC, or one more of an open one.
pub(super) fn came(turn: &mut Turn<'_>, key: &str, subject: Subject, text: &str) {
    let desk = turn.desk;
    let text = clipped(text.trim(), SHOWN);
    let known = desk.strays().find(|(_, one)| one.is_like(&subject, &text));
    if let Some((id, one)) = known {
        return one_more(turn, id, one, subject.name().to_owned());
    }
    let unread = |(_, one): &(CaseId, &Stray)| one.subject.is_unread();
    if subject.is_unread()
        && desk.strays().filter(unread).count() >= UNREAD_CARDS
        && let Some((id, one)) = desk.strays().rfind(unread)
    {
        if one.more < TEXTS_IN_THREAD {
            let place = one.home.thread();
            turn.post(Some(id), Urgency::Notice, place, words::stray::another(&text));
        }
        return one_more(turn, id, one, String::new());
    }
    let post = turn.next_errand();
    let channel = noti(desk);
    let one = Stray {
        home: Home::Post(channel.clone(), post),
        origin: key.to_owned(),
        subject,
        text,
        more: 0,
        names: Vec::new(),
        state: StrayState::Waiting,
        asked: turn.now,
        times: 0,
        boards: Vec::new(),
    };
    let id = turn.open(Procedure::Stray(one.clone()));
    let message = words::stray::card(desk, id, &one);
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(post, Some(id), Urgency::Page, kind);
}

fn one_more(turn: &mut Turn<'_>, id: CaseId, one: &Stray, name: String) {
    let mut one = one.clone();
    step(turn, id, &mut one, StrayChange::More { name });
    refresh(turn, id, &one);
}

/// The card says what is so: one change of it is owed at a time, and the one that is owed is made good when it is settled.
fn refresh(turn: &mut Turn<'_>, id: CaseId, one: &Stray) {
    let Home::Post(_, post) = one.home else { return };
    let changes = |errand: &Errand| matches!(&errand.kind, ErrandKind::Update { post: of, .. } if *of == post);
    if !turn.desk.errands.values().any(changes) {
        let message = words::stray::card(turn.desk, id, one);
        turn.owe(Some(id), Urgency::Notice, ErrandKind::Update { post, message });
    }
}

/// What became of an errand of the case.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let Some(one) = stray(turn.desk, id) else { return };
    if let (ErrandKind::Update { post, message }, Home::Post(_, card)) = (&errand.kind, &one.home)
        && post == card
    {
        let now = words::stray::card(turn.desk, id, one);
        if &now != message && *outcome == Outcome::Done {
            let kind = ErrandKind::Update { post: *post, message: now };
            turn.owe(Some(id), Urgency::Notice, kind);
        }
    }
}

/// Buttons of where the case stood before are of no use any more.
fn clear(turn: &mut Turn<'_>, id: CaseId, one: &mut Stray) {
    if one.boards.is_empty() {
        return;
    }
    take_buttons(turn, id, one.boards.clone());
    step(turn, id, one, StrayChange::Cleared);
}

fn done(turn: &mut Turn<'_>, id: CaseId, one: &mut Stray, state: StrayState) {
    clear(turn, id, one);
    step(turn, id, one, StrayChange::Done(state));
    refresh(turn, id, one);
    let message = words::stray::done(one);
    turn.post(Some(id), Urgency::Notice, one.home.thread(), message);
}

/// 사건 등록 · 무시
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: StrayPress,
    trigger: &str,
    reply: &ReplyTo,
) {
    let desk = turn.desk;
    let Some(one) = stray(desk, id) else { return turn.tell(by, reply, words::stale()) };
    if !desk.holds(by, &desk.policy.value.roles.alarm) {
        return turn.tell(by, reply, words::incident::not_allowed());
    }
    if !one.is_open() {
        return turn.tell(by, reply, words::stray::is_over(one));
    }
    match press {
        StrayPress::Open => turn.open_form(by, trigger, words::stray::form(Some(id), one.name())),
        StrayPress::Ignore => {
            let state = StrayState::Ignored { by: desk.name_of(by), at: turn.now };
            turn.note(id, Some(by), "무시");
            done(turn, id, &mut one.clone(), state);
        }
    }
}

impl Stray {
    /// The alarm's name, where it has one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.subject.name()
    }
}

/// A due time of the case has come: COC is asked again.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(mut one) = stray(turn.desk, id).cloned() else { return };
    let now = turn.now;
    if one.wake(&turn.desk.policy.value).is_none_or(|due| due > now) {
        return;
    }
    clear(turn, id, &mut one);
    step(turn, id, &mut one, StrayChange::Asked { at: now });
    let message = words::stray::chase(turn.desk, id, &one);
    let place = Place { channel: noti(turn.desk), thread: None };
    let post = turn.post(Some(id), Urgency::Page, place, message.clone());
    step(turn, id, &mut one, StrayChange::Shown(Board { post, message }));
}

// ── what people enter: the form, and `/coc alarm` ──

/// What a form or command says.
pub(super) struct Entered {
    pub(super) customer: String,
    pub(super) alarm: String,
    /// As chosen; `None` when the alarm's name or the policy says it.
    pub(super) level: Option<AlarmLevel>,
    pub(super) text: String,
}

/// Reads the form's fields.
pub(super) fn entered(fields: &BTreeMap<String, String>) -> Entered {
    let field = |key: &str| fields.get(key).map(|text| text.trim().to_owned()).unwrap_or_default();
    Entered {
        customer: field("customer"),
        alarm: field("alarm"),
        level: match field("level").as_str() {
            "L2" => Some(AlarmLevel::L2),
            "L3" => Some(AlarmLevel::L3),
            _ => None,
        },
        text: field("text"),
    }
}

const LONGEST_NAME: usize = 255;

/// Holds it against the record.
fn check(turn: &Turn<'_>, entered: &Entered) -> Result<String, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let desk = turn.desk;
    let record = desk.customers.value.find(&entered.customer);
    if entered.customer.is_empty() {
        wrong("customer", "없습니다. 예: 한빛전자".to_owned());
    } else if record.is_none() {
        wrong("customer", words::urgent::unknown_customer(desk, &entered.customer));
    }
    if entered.alarm.is_empty() {
        wrong("alarm", "없습니다. 예: [L3] prod-web-1 CPU".to_owned());
    } else if entered.alarm.chars().count() > LONGEST_NAME {
        wrong("alarm", format!("{LONGEST_NAME}자보다 깁니다. 자세한 것은 내용에 적어 주십시오."));
    }
    match record {
        Some(record) if errors.is_empty() => Ok(record.name.clone()),
        Some(_) | None => Err(errors),
    }
}

fn alarm_of(entered: &Entered, at: Option<Time>) -> Alarm {
    let level = entered.level.filter(|_| intake::level_in(&entered.alarm).is_none());
    let name = match level {
        Some(level) => format!("[{level:?}] {}", entered.alarm),
        None => entered.alarm.clone(),
    };
    Alarm {
        name: name.replace(['\n', '\r'], " "),
        description: String::new(),
        account: None,
        region: String::new(),
        state: AlarmState::Alarm,
        reason: entered.text.clone(),
        at,
        metric: Metric::default(),
        tags: Vec::new(),
    }
}

/// The form under a stray was handed in: an incident, whatever its level; a person has decided.
pub(super) fn submitted(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    fields: &BTreeMap<String, String>,
) {
    let desk = turn.desk;
    let refused = |turn: &mut Turn<'_>, text: &str| {
        let error = FieldError { key: "customer".to_owned(), text: text.to_owned() };
        turn.answer = Answer::Errors(vec![error]);
    };
    if !desk.holds(by, &desk.policy.value.roles.alarm) {
        return refused(turn, "COC만 등록할 수 있습니다. 등록하지 않았습니다.");
    }
    let Some(one) = stray(desk, id).filter(|one| one.is_open()) else {
        return refused(turn, "이미 처리된 알림입니다. 창을 닫아 주십시오.");
    };
    let entered = entered(fields);
    let customer = match check(turn, &entered) {
        Ok(customer) => customer,
        Err(errors) => {
            turn.answer = Answer::Errors(errors);
            return;
        }
    };
    let Some(record) = desk.customers.value.find(&customer) else { return };
    let alarm = alarm_of(&entered, None);
    let level = entered.level.or_else(|| intake::level_in(&alarm.name)).unwrap_or(AlarmLevel::L3);
    let key = format!("{}:case", one.origin);
    let case = intake::by_hand(turn, &key, record, level, &alarm);
    let state = StrayState::Made { case, by: desk.name_of(by), at: turn.now };
    turn.note(id, Some(by), format!("사건 {case} 등록"));
    done(turn, id, &mut one.clone(), state);
}

/// `/coc alarm`, or its form: an alarm that came by mail or telephone; it goes by the same rules as any other.
///
/// # Errors
/// What is wrong, by field.
pub(super) fn typed(turn: &mut Turn<'_>, entered: &Entered) -> Result<Message, Vec<FieldError>> {
    let customer = check(turn, entered)?;
    let Some(record) = turn.desk.customers.value.find(&customer) else { return Err(Vec::new()) };
    let alarm = alarm_of(entered, None);
    // the same under other books, where records have other numbers
    let key = format!("typed:{}:{customer}:{}", turn.now.timestamp_millis(), alarm.name);
    let taken: Taken = intake::of_customer(turn, &key, record, &alarm);
    Ok(words::stray::typed(&customer, &alarm.name, taken, &turn.desk.policy.value))
}
