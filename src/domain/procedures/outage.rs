//! Events of AWS's status feeds: told in g once each, their updates in the thread, their end marked (H1 to H4).

use super::super::case::{CaseChange, Home, Procedure};
use super::super::change::Change;
use super::super::desk::{Desk, Room};
use super::super::errand::{Errand, ErrandKind, Outcome, Place, Service, Urgency};
use super::super::ids::{CaseId, ErrandId, MessageRef, Name, SlackUser};
use super::super::input::ReplyTo;
use super::super::message::Message;
use super::super::policy::{Policy, Role};
use super::super::status::{About, BoardChange, Event, GAP, Item, Kind, Known, News, Seen, State};
use super::super::text::{Reading, mark, pattern, read};
use super::super::time::Time;
use super::super::turn::{OutagePress, Turn, thread_of};
use super::super::words;
use super::{services, urgent};
use chrono::TimeDelta;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A feed that cannot be read says nothing of an event's end: it is looked at again after so long.
const LOOKED_AT_AGAIN_AFTER: TimeDelta = TimeDelta::hours(1);

/// An event that was told in g.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// The post in g whose thread it lives in.
    pub home: Home,
    /// Which service and region.
    pub about: About,
    /// The event as far as it is known.
    pub event: Event,
    /// COC's look at the control room's screen (H3).
    pub task: Task,
    /// When it has been silent for too long.
    pub quiet_at: Time,
}

/// COC's look at the control room's screen (H3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Nobody is asked: the event was over before it was known, or there is no place to ask in.
    None,
    /// COC is asked.
    Asked {
        /// The post that asks.
        post: ErrandId,
    },
    /// Somebody looked.
    Done {
        /// The post that asked.
        post: ErrandId,
        /// Who.
        by: Name,
        /// When.
        at: Time,
    },
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageChange {
    /// AWS said more, or nothing for too long.
    Went {
        /// The event as it is known now.
        event: Event,
    },
    /// COC looked at the screen.
    Looked {
        /// Who.
        by: Name,
        /// When.
        at: Time,
    },
    /// Its silence says nothing while the feed cannot be read.
    Held {
        /// Until then.
        until: Time,
    },
}

impl Outage {
    /// Takes a step.
    pub fn apply(&mut self, change: &OutageChange) {
        match change {
            OutageChange::Went { event } => {
                self.event = event.clone();
                self.quiet_at = self.event.last.at + GAP;
            }
            OutageChange::Looked { by, at } => {
                if let Task::Asked { post } = self.task {
                    self.task = Task::Done { post, by: by.clone(), at: *at };
                }
            }
            OutageChange::Held { until } => self.quiet_at = *until,
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.event.state == State::Open
    }

    /// The next due time.
    #[must_use]
    pub fn wake(&self, _policy: &Policy) -> Option<Time> {
        self.is_open().then_some(self.quiet_at)
    }
}

/// An event and what is new of it.
struct Chapter {
    about: About,
    event: Event,
    /// Its case, when it was told before.
    case: Option<CaseId>,
    /// Its beginning is among what is new.
    begins: bool,
    /// What is new, oldest first.
    news: Vec<Update>,
}

struct Update {
    item: Item,
    how: How,
}

/// What an update is beside what was known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// The newest.
    Newest,
    /// Older than what is known already.
    Late,
    /// Known before in other words.
    Mended,
}

/// What AWS says of an event now, read from a feed.
pub(in crate::domain) fn news(turn: &mut Turn<'_>, news: &News) {
    let desk = turn.desk;
    // nobody could be told: it is news again at the next reading
    if desk.room(Room::General).or_else(|| desk.room(Room::Noti)).is_none() {
        return;
    }
    let first = desk.board.read.is_empty();
    turn.change(Change::Board(BoardChange::Read(news.source)));
    if news.complete {
        services::recovered(turn, Service::Feeds);
    }
    let mut items: Vec<&Item> =
        news.items.iter().filter(|item| desk.board.is_news(news.source, item)).collect();
    // a feed has its newest item first
    items.sort_by(|one, other| (one.at, &one.about).cmp(&(other.at, &other.about)));
    let mut chapters: Vec<Chapter> = Vec::new();
    let mut open: BTreeMap<&About, usize> = BTreeMap::new();
    for item in items {
        let name = item.name();
        let mended = desk.board.seen.contains_key(&name);
        let seen = Seen { source: news.source, at: item.at, says: item.says() };
        turn.change(Change::Board(BoardChange::Seen { name, seen }));
        let place = open.get(&item.about).copied().or_else(|| {
            let (event, case) = known(desk, &item.about)?;
            let about = item.about.clone();
            chapters.push(Chapter { about, event, case, begins: false, news: Vec::new() });
            Some(chapters.len() - 1)
        });
        let place = match place {
            Some(place) if chapters[place].event.takes(item) => {
                let chapter = &mut chapters[place];
                let how = match (chapter.event.go_on(item), mended) {
                    (_, true) => How::Mended,
                    (true, false) => How::Newest,
                    (false, false) => How::Late,
                };
                chapter.news.push(Update { item: item.clone(), how });
                place
            }
            earlier => {
                if let Some(earlier) = earlier {
                    let event = &mut chapters[earlier].event;
                    if event.state == State::Open {
                        event.state = State::FellSilent;
                    }
                }
                chapters.push(Chapter {
                    about: item.about.clone(),
                    event: Event::of(item.clone()),
                    case: None,
                    begins: item.kind != Kind::Resolved,
                    news: Vec::new(),
                });
                chapters.len() - 1
            }
        };
        open.insert(&item.about, place);
    }
    for chapter in chapters {
        match chapter.case {
            Some(id) => more(turn, id, chapter),
            None => tell_or_record(turn, first, chapter),
        }
    }
}

/// The newest event of a key, and its case when it was told.
fn known(desk: &Desk, about: &About) -> Option<(Event, Option<CaseId>)> {
    match desk.board.events.get(&about.to_string())? {
        Known::Recorded(event) => Some((event.clone(), None)),
        Known::Told(id) => {
            desk.cases.get(id)?.procedure.as_outage().map(|one| (one.event.clone(), Some(*id)))
        }
    }
}

/// An event that was not told: told when its region is one of g's (H2) and it is worth it, else recorded.
fn tell_or_record(turn: &mut Turn<'_>, first: bool, chapter: Chapter) {
    let Chapter { about, event, begins, .. } = chapter;
    let policy = &turn.desk.policy.value.feeds;
    let told = policy.told_as(about.region.as_deref()).is_some();
    // what was over before this desk knew of AWS at all is history; what began and ended between two readings is not
    let recent = turn.now - event.last.at < GAP;
    let ended = begins && event.state == State::Resolved && recent && !first;
    if told && (event.is_open(turn.now) || ended) {
        tell(turn, about, event);
    } else {
        turn.change(Change::Board(BoardChange::Event(about, Known::Recorded(event))));
    }
}

/// One post in g; while the event goes on, COC is asked to look at the screen too (H3).
fn tell(turn: &mut Turn<'_>, about: About, event: Event) {
    let desk = turn.desk;
    let Some(channel) = desk.room(Room::General).or_else(|| desk.room(Room::Noti)) else { return };
    let post = turn.next_errand();
    let is_open = event.state == State::Open;
    let asks = desk.room(Room::Noti).filter(|_| is_open);
    let task = asks.map(|channel| (turn.next_errand(), channel));
    let outage = Outage {
        home: Home::Post(channel.clone(), post),
        about: about.clone(),
        quiet_at: event.last.at + GAP,
        event,
        task: task.as_ref().map_or(Task::None, |(post, _)| Task::Asked { post: *post }),
    };
    let message = words::outage::notice(desk, &outage, turn.now);
    let id = turn.open(Procedure::Outage(outage.clone()));
    turn.change(Change::Board(BoardChange::Event(about, Known::Told(id))));
    let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
    turn.owe_as(post, Some(id), Urgency::Page, kind);
    if let Some((post, channel)) = task {
        let message = words::outage::look(desk, id, &outage, turn.now);
        let kind = ErrandKind::Post { place: Place { channel, thread: None }, message };
        turn.owe_as(post, Some(id), Urgency::Notice, kind);
    }
}

/// More of an event that was told: in its thread.
fn more(turn: &mut Turn<'_>, id: CaseId, chapter: Chapter) {
    let Some(one) = outage(turn.desk, id) else { return };
    if !one.is_open() {
        return;
    }
    let now = Outage { event: chapter.event, ..one.clone() };
    turn.change(went(id, &now.event));
    for Update { item, how } in &chapter.news {
        let message = match (item.kind, how) {
            // the end comes below; an older one was overtaken by what is known
            (Kind::Resolved, How::Newest | How::Mended | How::Late) => continue,
            (_, How::Newest) => words::outage::update(item, turn.now),
            (_, How::Late) => words::outage::late(item, turn.now),
            (_, How::Mended) => words::outage::mended(item, turn.now),
        };
        say(turn, id, &now, message);
    }
    match now.event.state {
        State::Open => {}
        State::Resolved => {
            let message = words::outage::ended(turn.desk, &now, turn.now);
            end(turn, id, &now, message);
        }
        State::FellSilent => silent(turn, id, &now),
    }
}

fn went(id: CaseId, event: &Event) -> Change {
    Change::Case(id, CaseChange::Outage(OutageChange::Went { event: event.clone() }))
}

fn outage(desk: &Desk, id: CaseId) -> Option<&Outage> {
    desk.cases.get(&id)?.procedure.as_outage()
}

fn say(turn: &mut Turn<'_>, id: CaseId, one: &Outage, message: Message) {
    turn.post(Some(id), Urgency::Notice, one.home.thread(), message);
}

/// It is over: said in the thread, and the post in g and the task's say so too.
fn end(turn: &mut Turn<'_>, id: CaseId, one: &Outage, message: Message) {
    say(turn, id, one, message);
    if let Home::Post(_, post) = &one.home {
        let message = words::outage::notice(turn.desk, one, turn.now);
        let kind = ErrandKind::Update { post: *post, message };
        turn.owe(Some(id), Urgency::Notice, kind);
    }
    if let Task::Asked { post } = &one.task {
        let message = words::outage::looked(turn.desk, one, turn.now);
        turn.owe(Some(id), Urgency::Housekeeping, ErrandKind::Update { post: *post, message });
    }
}

fn silent(turn: &mut Turn<'_>, id: CaseId, one: &Outage) {
    let message = words::outage::fell_silent(turn.desk, one);
    end(turn, id, one, message);
}

/// 완료
pub(in crate::domain) fn pressed(
    turn: &mut Turn<'_>,
    id: CaseId,
    by: &SlackUser,
    press: OutagePress,
    reply: &ReplyTo,
) {
    let OutagePress::Done = press;
    let desk = turn.desk;
    let Some(one) = outage(desk, id) else {
        return turn.tell(by, reply, words::stale());
    };
    match &one.task {
        Task::None => turn.tell(by, reply, words::stale()),
        Task::Done { by: who, at, .. } => {
            let message = words::outage::looked_already(who, *at, turn.now);
            turn.tell(by, reply, message);
        }
        Task::Asked { .. } if !desk.holds(by, &[Role::Coc]) => {
            turn.tell(by, reply, words::urgent::coc_only());
        }
        Task::Asked { post } => {
            let who = desk.name_of(by);
            let step = OutageChange::Looked { by: who.clone(), at: turn.now };
            let mut now = one.clone();
            now.apply(&step);
            turn.change(Change::Case(id, CaseChange::Outage(step)));
            turn.note(id, Some(by), "관제 화면 확인");
            let message = words::outage::looked(desk, &now, turn.now);
            let kind = ErrandKind::Update { post: *post, message };
            turn.owe(Some(id), Urgency::Notice, kind);
        }
    }
}

/// What became of a post of the case: words that find no thread go to n rather than nowhere.
pub(in crate::domain) fn settled(
    turn: &mut Turn<'_>,
    id: CaseId,
    errand: &Errand,
    outcome: &Outcome,
) {
    let (Outcome::Refused { why }, Some((place, message))) = (outcome, errand.as_post()) else {
        return;
    };
    turn.note_by(id, None, format!("게시하지 못함: {why}"));
    let noti = turn.desk.room(Room::Noti);
    if let Some(channel) = noti.filter(|noti| place.thread.is_some() || noti != &place.channel) {
        let place = Place { channel, thread: None };
        turn.post(Some(id), errand.urgency, place, message.clone());
    }
}

/// A due time of the case has come: AWS has said nothing for a day.
pub(in crate::domain) fn woken(turn: &mut Turn<'_>, id: CaseId) {
    let Some(one) = outage(turn.desk, id) else { return };
    if !one.is_open() || turn.now < one.quiet_at {
        return;
    }
    if turn.desk.in_trouble(Service::Feeds) {
        let until = turn.now + LOOKED_AT_AGAIN_AFTER;
        turn.change(Change::Case(id, CaseChange::Outage(OutageChange::Held { until })));
        return;
    }
    let mut now = one.clone();
    now.event.state = State::FellSilent;
    turn.change(went(id, &now.event));
    silent(turn, id, &now);
}

static ASKS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:^|\s)(?:헬스|health)(?:\s*(?:체크|status|상태))?(?:$|[\s.,?!~])",
        r"|(?:aws|아마존)[^\n]{0,20}(?:상태|status)",
        r"|서비스\s*(?:헬스\s*)?상태",
        r"|(?:aws|아마존|리전|서울|도쿄|싱가포르|버지니아)[^\n]{0,30}장애[^\n]{0,12}",
        r"(?:\?|있나|있어|있는지|있습니까|인가|여부|알려)",
    ))
});

/// Somebody may ask how AWS is (H4); `root` is the thread in which that is answered.
pub(in crate::domain) fn asked(
    turn: &mut Turn<'_>,
    _by: &SlackUser,
    _at: &MessageRef,
    root: &MessageRef,
    text: &str,
) {
    let reading = read(text);
    if !urgent::mentions_coc(turn.desk, &reading)
        || urgent::is_meant(&reading)
        || !ASKS.is_match(&without_mentions(&reading))
    {
        return;
    }
    let message = words::outage::health(turn.desk, turn.now);
    turn.post(None, Urgency::Answer, thread_of(root), message);
}

fn without_mentions(reading: &Reading) -> String {
    let ids = reading.users.iter().map(|user| &user.0);
    let ids = ids.chain(reading.groups.iter().map(|group| &group.0));
    let text = ids.fold(reading.words.clone(), |text, id| text.replace(&mark(id), " "));
    // a link that has such words in it asks nothing
    reading.links.iter().fold(text, |text, link| text.replace(link.as_str(), " "))
}

/// The newest events of all keys that go on, oldest first.
#[must_use]
pub fn open_events(desk: &Desk, now: Time) -> Vec<(About, Event)> {
    let keys = desk.board.events.keys().map(|key| About::read(key));
    let known = keys.filter_map(|about| Some((known(desk, &about)?.0, about)));
    let mut open: Vec<(About, Event)> = known
        .filter(|(event, _)| event.is_open(now))
        .map(|(event, about)| (about, event))
        .collect();
    open.sort_by(|(one, first), (other, second)| (first.began, one).cmp(&(second.began, other)));
    open
}

#[cfg(test)]
mod tests {
    use super::ASKS;

    #[test]
    fn questions_are_told_from_other_mentions() {
        for asks in [
            "AWS 상태",
            "@COC aws 서비스 상태 알려줘",
            "헬스",
            "@COC health?",
            "지금 AWS status 어떤가요",
            "서비스 상태 확인 부탁드립니다",
            "서울 리전 장애 있나요?",
            "AWS 장애인가요",
        ] {
            assert!(ASKS.is_match(asks), "{asks}");
        }
        for other in [
            "@COC 점심 드셨나요?",
            "@COC 서버실 상태 알려줘",
            "한빛전자 AWS 장애 접수했습니다",
            "헬스장 다녀오겠습니다",
            "티켓 상태 확인 부탁드립니다",
            "healthy한 하루 되세요",
        ] {
            assert!(!ASKS.is_match(other), "{other}");
        }
    }
}
