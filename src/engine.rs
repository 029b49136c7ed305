//! The one loop's body: input → decide → append → apply. Whoever drives it (the service, the replay, the tests) brings inputs and
//! the time, and carries out what the desk owes.

use crate::domain::decide::decide;
use crate::domain::desk::{Desk, Due};
use crate::domain::errand::Outcome;
use crate::domain::input::Input;
use crate::domain::message::Answer;
use crate::domain::time::Time;
use crate::journal::forget::{ForgetError, Plan, Wish};
use crate::journal::{
    AppendError, Draft, Erase, Journal, JournalError, Looked, Record, Store, Tail, check_known,
    follow, look, walk,
};

/// The desk's form in snapshots; changed when older snapshots must not be read any more.
const DESK_SCHEMA: &str = "desk-2";

/// The desk and its journal. Nothing is visible outside before it is durable: callers look at the desk only between
/// [`Engine::offer`]s.
#[derive(Debug)]
pub struct Engine<S> {
    journal: Journal<S>,
    desk: Desk,
}

/// A copy of the desk that follows a journal, which another one may be writing: whoever stands by is up to date when its turn comes.
#[derive(Debug)]
pub struct Follower {
    desk: Desk,
    tail: Tail,
    /// Records that were read before bear another name now: the desk is made anew before anybody acts by it.
    outdated: bool,
}

impl Follower {
    /// Reads a journal as far as it goes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn begin(store: &impl Store) -> Result<Self, JournalError> {
        let Looked { tail, snapshot, .. } = look::<_, Desk>(store, DESK_SCHEMA)?;
        let (after, mut desk) = match snapshot {
            Some(snapshot) => (snapshot.seq, snapshot.state.revived()),
            None => (0, Desk::default()),
        };
        let end = walk(store, after, |stored, record| {
            if stored.seq > after {
                take(&mut desk, &record);
            }
        })?;
        check_known(end, tail)?;
        Ok(Self { desk, tail: end, outdated: false })
    }

    /// Reads what was written since.
    ///
    /// # Errors
    /// When it cannot be read; what was read until then is in the copy.
    pub fn follow(&mut self, store: &impl Store) -> Result<(), JournalError> {
        follow(store, &mut self.tail, |record| {
            self.outdated |= matches!(record.input, Input::Forgotten(_));
            take(&mut self.desk, &record);
        })
    }

    /// The last record that was read.
    #[must_use]
    pub const fn tail(&self) -> Tail {
        self.tail
    }

    /// Takes what [`News::after`] this copy's last record was read.
    pub fn take(&mut self, news: News) {
        for record in &news.records {
            self.outdated |= matches!(record.input, Input::Forgotten(_));
            take(&mut self.desk, record);
        }
        self.tail = news.tail;
    }

    /// The desk as it was after the last record that was read.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }
}

/// What was written after some record: read without the copy, so that others may look at it meanwhile.
#[derive(Debug)]
pub struct News {
    records: Vec<Record>,
    tail: Tail,
}

impl News {
    /// Reads what follows `known`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn after(known: Tail, store: &impl Store) -> Result<Self, JournalError> {
        let mut news = Self { records: Vec::new(), tail: known };
        follow(store, &mut news.tail, |record| news.records.push(record))?;
        Ok(news)
    }
}

fn take(desk: &mut Desk, record: &Record) {
    for change in &record.changes {
        desk.apply(record.at, change);
    }
}

/// Why inputs could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// They are not in the journal; the desk is as it was.
    #[error("저널에 쓰지 못했습니다: {0}")]
    NotKept(AppendError),
    /// It is not known whether they are in the journal: only a new start tells.
    #[error("저널을 더 쓸 수 없습니다: {0}")]
    Closed(AppendError),
    /// The loop that writes the journal is gone.
    #[error("당직 데스크가 멈췄습니다")]
    Gone,
    /// The journal could not be read again after a failure.
    #[error(transparent)]
    Unreadable(#[from] JournalError),
}

impl<S: Store> Engine<S> {
    /// Reads the journal. Returns when the process was last known to be alive, too; `None` on the very first start.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn open(store: S) -> Result<(Self, Option<Time>), JournalError> {
        let follower = Follower::begin(&store)?;
        Self::lead(store, follower)
    }

    /// Goes on where a follower of the same journal has come to.
    ///
    /// # Errors
    /// When the journal cannot be read, or is not the one that was followed.
    pub fn lead(store: S, mut follower: Follower) -> Result<(Self, Option<Time>), JournalError> {
        follower.follow(&store)?;
        if follower.outdated {
            follower = Follower::begin(&store)?;
        }
        let Follower { desk, tail, .. } = follower;
        let (journal, alive_until) = Journal::open_known(store, DESK_SCHEMA, tail)?;
        let mut engine = Self { journal, desk };
        engine.catch_up_with_journal(tail.seq)?;
        Ok((engine, alive_until))
    }

    fn catch_up_with_journal(&mut self, after: u64) -> Result<(), JournalError> {
        let desk = &mut self.desk;
        self.journal.read_after(after, |record| take(desk, &record))
    }

    /// Whether this process may act outside: it leads, where several share a journal.
    #[must_use]
    pub fn leads(&self) -> bool {
        self.journal.leads()
    }

    /// The desk as it is.
    #[must_use]
    pub const fn desk(&self) -> &Desk {
        &self.desk
    }

    /// The journal's end.
    #[must_use]
    pub const fn tail(&self) -> Tail {
        self.journal.tail()
    }

    /// The number of the last record.
    #[must_use]
    pub const fn last_seq(&self) -> u64 {
        self.journal.next_seq() - 1
    }

    /// Takes inputs in order, all durable when it returns (one write for all of them). Inputs that change nothing leave no
    /// record. Returns an answer for each.
    ///
    /// # Errors
    /// None of the inputs was taken.
    pub fn offer(&mut self, now: Time, inputs: Vec<Input>) -> Result<Vec<Answer>, OfferError> {
        let mut inputs = inputs.into_iter();
        self.take(now, |_| inputs.next())
    }

    /// Takes what is due at `now`, in the order in which it falls due, so much of it at the most; all of it durable when it returns (one
    /// write). Returns what fell due.
    ///
    /// # Errors
    /// Nothing of it was taken.
    pub fn wake(&mut self, now: Time, at_most: usize) -> Result<Vec<Due>, OfferError> {
        let mut woken = Vec::new();
        self.take(now, |desk| {
            let due = desk.next_due().filter(|due| due.at() <= now && woken.len() < at_most)?;
            woken.push(due);
            Some(due.input())
        })?;
        Ok(woken)
    }

    /// Takes one input after another, each chosen by the desk as it is after those before it.
    fn take(
        &mut self,
        now: Time,
        mut next: impl FnMut(&Desk) -> Option<Input>,
    ) -> Result<Vec<Answer>, OfferError> {
        let mut answers = Vec::new();
        let mut drafts = Vec::new();
        while let Some(input) = next(&self.desk) {
            if let Some((errand, at)) = self.desk.shown_by(&input) {
                let outcome = Outcome::Posted(at);
                self.decide_one(now, Input::Settled { errand, outcome }, &mut drafts);
            }
            answers.push(self.decide_one(now, input, &mut drafts));
            while let Some(key) = self.desk.to_take_up(now).map(str::to_owned) {
                self.decide_one(now, Input::TakenUp { key }, &mut drafts);
            }
        }
        // when every page that the call names is known to be part of it: an end is the end of all
        while let Some((call, event)) = self.desk.heard_early() {
            self.decide_one(now, Input::Phone { call, event }, &mut drafts);
        }
        if drafts.is_empty() {
            return Ok(answers);
        }
        if let Err(error) = self.journal.append(&drafts) {
            // the desk is ahead of the journal: it is made anew from what is durable
            return Err(match error {
                AppendError::TooLarge { .. } | AppendError::Unwritable(_) => {
                    self.desk = Desk::default();
                    self.catch_up_with_journal(0)?;
                    OfferError::NotKept(error)
                }
                AppendError::Stale { .. } | AppendError::Doubtful(_) | AppendError::Closed => {
                    OfferError::Closed(error)
                }
            });
        }
        if self.journal.snapshot_due()
            && let Err(error) = self.journal.put_snapshot(&self.desk)
        {
            tracing::warn!(%error, "snapshot not written; the journal goes on without it");
        }
        Ok(answers)
    }

    fn decide_one(&mut self, now: Time, input: Input, drafts: &mut Vec<Draft>) -> Answer {
        let seq = self.journal.next_seq() + drafts.len() as u64;
        let decision = decide(&self.desk, &input, now, seq);
        if !decision.changes.is_empty() {
            for change in &decision.changes {
                self.desk.apply(now, change);
            }
            drafts.push(Draft { at: now, input, changes: decision.changes });
        }
        decision.answer
    }

    /// Keeps the present state, so that the next start reads little.
    pub fn snapshot(&mut self) {
        if let Err(error) = self.journal.put_snapshot(&self.desk) {
            tracing::warn!(%error, "snapshot not written; the journal goes on without it");
        }
    }

    /// Finds out what is to be done so that somebody who left is forgotten.
    ///
    /// # Errors
    /// See [`ForgetError`]; nothing is changed.
    pub fn plan_forgetting(&self, wish: &Wish, now: Time) -> Result<Plan, ForgetError> {
        self.journal.plan_forgetting(&self.desk, wish, now)
    }

    /// Notes that the process is alive, for the next start to know how long it was away.
    pub fn note_alive(&mut self, now: Time) {
        if let Err(error) = self.journal.note_alive(now) {
            tracing::warn!(%error, "sign of life not written");
        }
    }
}

impl<S: Erase> Engine<S> {
    /// Carries out what [`plan_forgetting`](Self::plan_forgetting) found, and makes the desk anew of what the journal says then. `each` hears
    /// how many records are done.
    ///
    /// # Errors
    /// See [`ForgetError`]; planning and carrying out again completes it.
    pub fn forget(
        &mut self,
        plan: &Plan,
        now: Time,
        each: impl FnMut(u64),
    ) -> Result<(), ForgetError> {
        let unreadable = ForgetError::Unreadable { seq: self.last_seq() };
        let renamed = serde_json::to_vec(&self.desk).ok().and_then(|json| plan.renamed(&json));
        let Some(renamed) = renamed.and_then(|json| serde_json::from_slice::<Desk>(&json).ok())
        else {
            return Err(unreadable);
        };
        self.journal.forget(plan, now, &renamed, each)?;
        self.desk = Desk::default();
        self.catch_up_with_journal(0)?;
        self.snapshot();
        Ok(())
    }
}
