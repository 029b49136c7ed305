//! What ought to come of what monitoring services tell (M2, M5, M6, M8, G1, P3, T1; readings 17, 18), told a second time beside
//! [`model`](crate::model): from what was sent, what reached the bot and what people see, knowing nothing of how the desk does it.

use crate::model::{Model, absent, order};
use crate::notices::{Says, Sent, WATCHED};
use chrono::{DateTime, FixedOffset, TimeDelta};
use coc::replay::{Act, Did, Heard, Told, World};
use std::collections::{BTreeMap, BTreeSet};

type Time = DateTime<FixedOffset>;

/// What the limits of posts and a moment's work may cost.
const MOMENT: TimeDelta = TimeDelta::seconds(45);
/// The second hit of a metric within this is an incident (M5).
const HOUR: TimeDelta = TimeDelta::hours(1);
/// Another way of telling the same comes within this.
const TOLD_TWICE_WITHIN: TimeDelta = TimeDelta::minutes(2);
/// The other pages of an event are waited for.
const PAGES: TimeDelta = TimeDelta::minutes(2);
/// An alarm's own time is believed so long before and after.
const BELIEVED: (TimeDelta, TimeDelta) = (TimeDelta::hours(6), TimeDelta::minutes(5));
const COC: [&str; 2] = ["고윤슬", "온누리"];
/// Nobody reads of what bears one of these: L1, another environment, a finding about which nothing was agreed.
const SILENT: [&str; 3] = ["[L1]", "dev-zz", "EC2/Silent"];

/// Something that people are to read.
#[derive(Debug)]
struct Owed {
    customer: &'static str,
    word: String,
    since: Time,
    within: TimeDelta,
}

/// A post of the bot that stands in a channel by itself.
#[derive(Debug)]
struct Card {
    text: String,
    over: Option<Time>,
}

/// An incident of which people are called in order.
#[derive(Debug, Default)]
struct Called {
    needed: Option<Time>,
    over: bool,
    accepted: Option<String>,
    /// Somebody was mentioned.
    begun: bool,
    /// Who was mentioned in this round.
    round: BTreeSet<String>,
}

/// What ought to happen; see the module.
#[derive(Debug, Default)]
pub(crate) struct Alarms {
    sent: BTreeMap<String, Says>,
    keys: BTreeSet<String>,
    answered: BTreeSet<String>,
    /// When each alarm rang, by its name.
    hits: BTreeMap<String, Vec<Time>>,
    owed: Vec<Owed>,
    /// How many cards each alarm or finding may still begin.
    allowed: BTreeMap<String, u32>,
    cards: BTreeMap<String, Card>,
    /// What stands in threads and in #general.
    said: Vec<String>,
    /// Which incident a post is about.
    incident_of: BTreeMap<String, u64>,
    called: BTreeMap<u64, Called>,
    /// Requests of the TAM that are to be answered, and since when.
    requests: BTreeMap<String, Option<Time>>,
    answers: BTreeSet<String>,
    /// What the TAM's requests still ask for, by post: the request, and whether something is left.
    lists: BTreeMap<String, (String, bool)>,
    /// What COC was asked for again: incidents, and the threads of requests.
    chased: BTreeSet<u64>,
    chased_in: BTreeSet<String>,
    /// Titles of the feed that #general is to read.
    news: Vec<String>,
    acts: usize,
    heard: usize,
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(text.split_once(from)?.1.split_once(to)?.0)
}

fn incident_in(text: &str) -> Option<u64> {
    // its own number stands last
    let digits = text.rsplit_once("사건 #")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// Whom a voice speaks of, where it is about an incident.
pub(crate) fn incidents_of(speech: &str) -> impl Iterator<Item = &'static str> {
    WATCHED.into_iter().filter(move |customer| {
        let about = |kind: &str| speech.contains(&format!("{customer} {kind} 대응"));
        ["L2 알람", "L3 알람", "GuardDuty 알람"].iter().any(|kind| about(kind))
    })
}

impl Alarms {
    pub(crate) fn sent(&mut self, sent: &Sent) {
        self.sent.insert(sent.id.clone(), sent.says.clone());
    }

    pub(crate) fn requested(&mut self, message: String) {
        self.requests.insert(message, None);
    }

    pub(crate) fn news(&mut self, titles: Vec<String>) {
        self.news = titles;
    }

    /// What was answered with 200, by the name of its delivery.
    pub(crate) fn answered(&self) -> &BTreeSet<String> {
        &self.answered
    }

    /// A delivery was answered with 200.
    pub(crate) fn answer(&mut self, id: &str) {
        self.answered.insert(id.to_owned());
    }

    /// Takes in what happened since the last look.
    pub(crate) fn watch(&mut self, world: &World, model: &Model) -> Result<(), String> {
        world.look(|acts, heard| {
            while self.acts < acts.len() || self.heard < heard.len() {
                match heard.get(self.heard) {
                    Some(one) if one.acts <= self.acts => {
                        self.heard += 1;
                        // a delivery repeated changes nothing
                        if self.keys.insert(one.key.clone()) {
                            self.hear(one, model);
                        }
                    }
                    _ => {
                        self.acts += 1;
                        let act = &acts[self.acts - 1];
                        if !world.is_stray(self.acts - 1) {
                            self.see(act, model).map_err(|rule| format!("{rule}: {act}"))?;
                        }
                    }
                }
            }
            Ok::<(), String>(())
        })?;
        self.nothing_is_overdue(world.now(), model)
    }

    fn hear(&mut self, heard: &Heard, model: &Model) {
        match &heard.told {
            Told::Noticed => {
                if let Some(says) = self.sent.get(&heard.key).cloned() {
                    self.noticed(&says, heard.at, model);
                }
            }
            Told::Said { message, thread: None, .. } => {
                if let Some(request) = self.requests.get_mut(message) {
                    request.get_or_insert(heard.at);
                }
            }
            Told::Pressed { message, thread, label } => {
                let known = self.incident_of.get(message).or_else(|| self.incident_of.get(thread));
                let Some(called) = known.and_then(|id| self.called.get_mut(id)) else { return };
                match label.as_str() {
                    "추가 조치 필요" if COC.contains(&heard.by.as_str()) => {
                        called.needed.get_or_insert(heard.at);
                    }
                    // what came of it is seen
                    "조치 불필요" | "종료" => called.over = true,
                    "다시 시작" if COC.contains(&heard.by.as_str()) => called.round.clear(),
                    _ => {}
                }
            }
            Told::Said { .. }
            | Told::Reacted { .. }
            | Told::Commanded { .. }
            | Told::Phone { .. }
            | Told::Joined { .. } => {}
        }
    }

    fn noticed(&mut self, says: &Says, now: Time, model: &Model) {
        let steady = model.is_steady();
        let (customer, word, within) = match says {
            Says::Alarm { customer, name, level, production, rings: true, at }
                if *production && *level > 1 =>
            {
                let believed = now - BELIEVED.0 <= *at && *at <= now + BELIEVED.1;
                let at = if believed { *at } else { now };
                let hits = self.hits.entry(name.clone()).or_default();
                let known = believed && hits.contains(&at);
                let again = hits.iter().any(|hit| (at - *hit).abs() <= HOUR);
                hits.push(at);
                // a clock that is wrong may tell two of them apart, or not
                if *level == 2 && !steady {
                    *self.allowed.entry(name.clone()).or_default() += 1;
                    return;
                }
                // what nobody answered for long is sent again, and then it rings now
                let late = now - at > TOLD_TWICE_WITHIN;
                if known && steady && !late || *level == 2 && !again {
                    return;
                }
                *self.allowed.entry(name.clone()).or_default() += 1;
                if known {
                    return;
                }
                (*customer, name.clone(), MOMENT)
            }
            Says::Finding { customer, kind, high: true, agreed: true } => {
                *self.allowed.entry(kind.clone()).or_default() += 1;
                (*customer, kind.clone(), MOMENT)
            }
            Says::Health { customer, code } => (*customer, code.clone(), PAGES + MOMENT),
            Says::Stranger { account } => ("", account.clone(), MOMENT),
            Says::Unread { word } => ("", word.clone(), MOMENT),
            Says::Alarm { .. } | Says::Finding { .. } => return,
        };
        self.owed.push(Owed { customer, word, since: now, within });
    }

    fn see(&mut self, act: &Act, model: &Model) -> Result<(), String> {
        match &act.did {
            Did::Post { id, thread, channel, words, .. } => {
                let text = words.text.as_str();
                nobody_reads_of_what_is_silent(text)?;
                match thread {
                    Some(root) => {
                        if let Some(incident) = self.incident_of.get(root).copied() {
                            self.incident_of.insert(id.clone(), incident);
                            self.threaded(
                                incident,
                                &words.buttons,
                                &words.mentions,
                                text,
                                act.at,
                                model,
                            )?;
                        }
                        if self.requests.contains_key(root) {
                            if words.buttons.iter().any(|label| label == "완료") {
                                self.lists.insert(id.clone(), (root.clone(), true));
                            }
                            if text.starts_with("⏰") {
                                self.chased_in.insert(root.clone());
                            }
                        }
                        self.answers.insert(root.clone());
                        self.said.push(text.to_owned());
                    }
                    None => self.card(id, channel, text, act.at)?,
                }
                Ok(())
            }
            Did::Update { id, words, .. } => {
                nobody_reads_of_what_is_silent(&words.text)?;
                if let Some((_, left)) = self.lists.get_mut(id) {
                    *left = words.buttons.iter().any(|label| label == "완료");
                }
                if let Some(card) = self.cards.get_mut(id) {
                    card.text.clone_from(&words.text);
                    if words.text.contains("에 끝났습니다") {
                        card.over.get_or_insert(act.at);
                        if let Some(called) =
                            self.incident_of.get(id).and_then(|id| self.called.get_mut(id))
                        {
                            called.over = true;
                        }
                    }
                }
                Ok(())
            }
            Did::Call { to, about, .. } => {
                nobody_reads_of_what_is_silent(about)?;
                incidents_of(about).try_for_each(|customer| self.paged(customer, to))
            }
            Did::Dm { words, .. } => nobody_reads_of_what_is_silent(&words.text),
            Did::Http { .. }
            | Did::Ephemeral { .. }
            | Did::View { .. }
            | Did::Hangup { .. }
            | Did::Ticket { .. }
            | Did::Mail { .. } => Ok(()),
        }
    }

    /// A post in a channel by itself.
    fn card(&mut self, id: &str, channel: &str, text: &str, at: Time) -> Result<(), String> {
        if channel == "#general" {
            self.said.push(text.to_owned());
        }
        let first = text.lines().next().unwrap_or_default();
        if let Some(incident) = incident_in(text) {
            self.incident_of.insert(id.to_owned(), incident);
            if first.starts_with("⏰") {
                self.chased.insert(incident);
            }
        }
        if text.contains("사건은 열려 있습니다") {
            let customer = between(first, "[", "]").unwrap_or_default();
            let calls = |(incident, one): &(&u64, &Called)| {
                one.needed.is_some() && one.accepted.is_none() && self.is_of(**incident, customer)
            };
            if let Some((incident, _)) = self.called.iter().rev().find(calls) {
                self.incident_of.insert(id.to_owned(), *incident);
            }
        }
        let over = text.contains("에 끝났습니다").then_some(at);
        self.cards.insert(id.to_owned(), Card { text: text.to_owned(), over });
        let begins = ["L1 알람: ", "L2 알람: ", "L3 알람: ", "GuardDuty 알람: "];
        let named = begins.iter().find_map(|what| Some(first.split_once(what)?.1));
        let Some(name) = named.filter(|_| first.starts_with("🚨 ")) else { return Ok(()) };
        match self.allowed.get_mut(name).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => return Err(format!("an incident that nothing asks for: {name}")),
        }
        if let Some(incident) = incident_in(text) {
            self.called.entry(incident).or_default();
        }
        Ok(())
    }

    /// A post in an incident's thread.
    fn threaded(
        &mut self,
        incident: u64,
        buttons: &[String],
        mentions: &[String],
        text: &str,
        at: Time,
        model: &Model,
    ) -> Result<(), String> {
        let Some(called) = self.called.get_mut(&incident) else { return Ok(()) };
        if let Some(who) = between(text, "✅ ", " 님이 ").filter(|_| text.contains("수락했습니다"))
        {
            if called.accepted.replace(who.to_owned()).is_some() {
                return Err("an incident is taken twice".to_owned());
            }
            return Ok(());
        }
        if buttons != ["수락", "부재", "거절"] {
            return Ok(());
        }
        let who = mentions.first().cloned().unwrap_or_default();
        let customer = between(text, "[", "]").unwrap_or_default().to_owned();
        if called.needed.is_none() {
            return Err("somebody is called for an incident before 추가 조치 필요".to_owned());
        }
        if called.accepted.as_ref().is_some_and(|by| *by != who) {
            return Err("somebody is called for an incident that is taken".to_owned());
        }
        if called.round.contains(&who) {
            return Err("somebody is mentioned twice in one round".to_owned());
        }
        let order = order(&customer);
        let Some(place) = order.iter().position(|place| place.who == who) else {
            return Err("somebody is called who is not in the incident's order".to_owned());
        };
        let calm = called.needed.is_some_and(|since| model.calm_since(since));
        let earlier = [at, at - TimeDelta::hours(2)];
        let skipped = order[..place].iter().find(|place| {
            !called.round.contains(place.who) && !earlier.iter().any(|at| absent(**place, *at))
        });
        if let Some(skipped) = skipped.filter(|_| calm) {
            return Err(format!("{} is skipped in an incident's order", skipped.who));
        }
        called.begun = true;
        called.round.insert(who.clone());
        Ok(())
    }

    /// A telephone rings for an incident of this customer.
    fn paged(&self, customer: &str, to: &str) -> Result<(), String> {
        let mut asked = self.called.iter().filter(|(_, called)| called.needed.is_some());
        let asked = asked.any(|(incident, _)| self.is_of(*incident, customer));
        if !asked {
            return Err("somebody is called for an incident before 추가 조치 필요".to_owned());
        }
        if !order(customer).iter().any(|place| place.who == to) {
            return Err("somebody is called who is not in the incident's order".to_owned());
        }
        Ok(())
    }

    /// Whether people can read of it: on a card that was open, or that came since.
    fn is_told(&self, owed: &Owed) -> bool {
        let on_card = self.cards.values().any(|card| {
            card.text.contains(&owed.word)
                && card.text.contains(owed.customer)
                && card.over.is_none_or(|over| over >= owed.since)
        });
        on_card
            || self.said.iter().any(|text| text.contains(&owed.word) && owed.customer.is_empty())
    }

    fn nothing_is_overdue(&mut self, now: Time, model: &Model) -> Result<(), String> {
        let late = |since: Time, within| model.calm_since(since) && now > since + within;
        let (due, rest) = std::mem::take(&mut self.owed)
            .into_iter()
            .partition::<Vec<Owed>, _>(|owed| late(owed.since, owed.within));
        self.owed = rest;
        if let Some(owed) = due.iter().find(|owed| !self.is_told(owed)) {
            return Err(format!("nobody is told of what was answered for: {owed:?}"));
        }
        let unanswered = self.requests.iter().find(|(message, since)| {
            since.is_some_and(|since| late(since, MOMENT)) && !self.answers.contains(*message)
        });
        if let Some((message, since)) = unanswered {
            return Err(format!("a [REQ] without an answer: {message} since {since:?}"));
        }
        let silent = self.called.iter().find(|(incident, called)| {
            called.needed.is_some_and(|since| late(since, MOMENT))
                && !called.begun
                && called.accepted.is_none()
                && !called.over
                && WATCHED.iter().any(|customer| self.is_of(**incident, customer))
        });
        match silent {
            Some((incident, called)) => {
                Err(format!("nobody is called for incident {incident}: {called:?}"))
            }
            None => Ok(()),
        }
    }

    fn is_of(&self, incident: u64, customer: &str) -> bool {
        let cards = self.incident_of.iter().filter(|(_, of)| **of == incident);
        let mut cards = cards.filter_map(|(post, _)| self.cards.get(post));
        cards.any(|card| card.text.contains(customer))
    }

    /// After long quiet.
    pub(crate) fn ended(&self) -> Result<(), String> {
        if let Some(owed) = self.owed.iter().find(|owed| !self.is_told(owed)) {
            return Err(format!("nobody is told of what was answered for: {owed:?}"));
        }
        let mut requests = self.requests.iter().filter(|(_, since)| since.is_some());
        if let Some((message, _)) = requests.find(|(message, _)| !self.answers.contains(*message)) {
            return Err(format!("a [REQ] without an answer: {message}"));
        }
        let mut left = self.lists.values().filter(|(_, left)| *left);
        if let Some((request, _)) = left.find(|(request, _)| !self.chased_in.contains(request)) {
            return Err(format!("a [REQ] that nobody is asked for again: {request}"));
        }
        let open = |incident: &u64| {
            let mut cards = self.incident_of.iter().filter(|(_, of)| *of == incident);
            !cards.any(|(post, _)| self.cards.get(post).is_some_and(|card| card.over.is_some()))
        };
        let mut left = self.called.keys().filter(|incident| open(incident));
        if let Some(incident) = left.find(|incident| !self.chased.contains(incident)) {
            return Err(format!("an open incident that nobody is asked for again: {incident}"));
        }
        for title in &self.news {
            let told = self.said.iter().filter(|text| text.contains(title.as_str())).count();
            if told == 0 {
                return Err(format!("nobody in #general reads of AWS's news: {title}"));
            }
        }
        Ok(())
    }
}

fn nobody_reads_of_what_is_silent(text: &str) -> Result<(), String> {
    match SILENT.iter().find(|word| text.contains(*word)) {
        Some(word) => Err(format!("people read of what is only recorded ({word})")),
        None => Ok(()),
    }
}
