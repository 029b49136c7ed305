//! A store in memory that several nodes share, under the rules of [`lease`](super::lease), on a clock that is told: for simulations.
//! Each node has a [`Seat`]; how it reaches the store can be made worse.
//!
//! A seat renews its lease by itself as time is told, like the thread that PostgreSQL's store has for it. Whole rounds in which nothing
//! happens are not played one by one: days pass at once.

use super::lease::{LEASE, Lead, RENEW_EVERY, Row};
use super::memory::Memory;
use super::store::{Alive, AppendError, Store, StoreError, StoredRecord};
use crate::domain::input::Input;
use crate::domain::message::Answer;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The store that nodes share. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Leased {
    memory: Memory,
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
struct Table {
    now: Duration,
    row: Row,
    seats: Vec<Own>,
    /// What waits for the leader, in order, and what it answered.
    inbox: BTreeMap<u64, (Input, Option<Answer>)>,
    put: u64,
}

/// How a node reaches the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// Its questions are answered.
    #[default]
    Whole,
    /// Its questions do not arrive.
    Cut,
    /// Its questions arrive, and the answers are lost.
    AnswersLost,
}

/// What is of one node.
#[derive(Debug, Default)]
struct Own {
    lead: Lead,
    reach: Reach,
    /// Its process stands still.
    stopped: bool,
    /// How long answers to its renewals take.
    lag: Duration,
    /// When it renews next.
    next: Duration,
    /// A renewal that was put, and is answered then: whether it was granted.
    asked: Option<Question>,
    /// When the last question was answered that was granted.
    answered: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Question {
    fence: u64,
    at: Duration,
    answered: Duration,
    granted: bool,
}

/// A node's place at the store. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Seat {
    store: Leased,
    nth: usize,
}

/// What a question says that was not answered.
#[derive(Debug, thiserror::Error)]
#[error("저장소에 닿지 않습니다")]
struct OutOfReach;

fn out_of_reach(doing: &'static str) -> StoreError {
    StoreError::Failed { doing, source: Box::new(OutOfReach) }
}

impl Own {
    /// Renews as often as it would have by `now`.
    fn go_on(&mut self, row: &mut Row, now: Duration) {
        while !self.stopped {
            if let Some(asked) = self.asked {
                if asked.answered > now {
                    return;
                }
                self.asked = None;
                self.next = asked.answered + RENEW_EVERY;
                if asked.granted {
                    self.lead.renewed(asked.fence, asked.at);
                    self.answered = asked.answered;
                } else {
                    self.lead.refused(asked.fence);
                }
                continue;
            }
            let fence = self.lead.fence();
            if fence == 0 || self.next > now {
                return;
            }
            match self.reach {
                Reach::Whole => {
                    let at = self.last_round(row, now);
                    let granted = row.renew(fence, at);
                    let answered = at + self.lag;
                    self.asked = Some(Question { fence, at, answered, granted });
                }
                // what is not answered is given up when the lease would be over
                Reach::Cut => self.next += LEASE + RENEW_EVERY,
                Reach::AnswersLost => {
                    row.renew(fence, self.next);
                    self.next += LEASE + RENEW_EVERY;
                }
            }
        }
    }

    /// When the last of the renewals is put that are due by now, where those before it are granted without a gap.
    fn last_round(&self, row: &Row, now: Duration) -> Duration {
        let round = RENEW_EVERY + self.lag;
        let gapless = row.is_present(self.lead.fence()) && self.next <= row.until();
        if !gapless || round >= LEASE {
            return self.next;
        }
        let rounds = (now - self.next).as_nanos() / round.as_nanos();
        self.next + round * u32::try_from(rounds).unwrap_or(u32::MAX)
    }
}

impl Leased {
    /// An empty store without nodes, at the beginning of its time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same over what is kept there.
    #[must_use]
    pub fn over(memory: Memory) -> Self {
        Self { memory, table: Arc::default() }
    }

    /// Another node's place.
    #[must_use]
    pub fn seat(&self) -> Seat {
        let mut table = self.table();
        table.seats.push(Own::default());
        Seat { store: self.clone(), nth: table.seats.len() - 1 }
    }

    /// The records and what else is kept, past any lease.
    #[must_use]
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// It is so late now; time does not go back.
    pub fn turn_to(&self, now: Duration) {
        let mut table = self.table();
        table.now = table.now.max(now);
        let Table { now, row, seats, .. } = &mut *table;
        seats.iter_mut().for_each(|own| own.go_on(row, *now));
    }

    /// The lease as it stands.
    #[must_use]
    pub fn row(&self) -> Row {
        self.table().row
    }

    /// What waits for the leader, in order.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.table().inbox.values().filter(|(_, answer)| answer.is_none()).count()
    }

    /// Keeps a batch of the writer with this number, by the row's rules.
    ///
    /// # Errors
    /// [`AppendError::Stale`] when the number is not the present one, and as [`Memory`] says.
    pub fn keep(
        &self,
        fence: u64,
        expected_next: u64,
        batch: &[StoredRecord],
    ) -> Result<(), AppendError> {
        // held until it is kept or is not, as the database's row is
        let table = self.table();
        let next = self.memory.next();
        if !table.row.keeps(fence, expected_next, next) {
            return Err(AppendError::Stale { expected: expected_next, next });
        }
        self.memory.clone().append(expected_next, batch)
    }

    /// Every change is made by one statement, so a thread that panicked left nothing half done.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    fn own<T>(&self, look: impl FnOnce(&mut Own, &mut Row, Duration) -> T) -> T {
        let mut table = self.store.table();
        let Table { now, row, seats, .. } = &mut *table;
        look(&mut seats[self.nth], row, *now)
    }

    /// Asks for the lease. `false`: another one leads.
    ///
    /// # Errors
    /// When no answer comes; it may have been granted all the same.
    pub fn try_lead(&self) -> Result<bool, StoreError> {
        self.own(|own, row, now| match own.reach {
            Reach::Cut => Err(out_of_reach("이끌기")),
            Reach::AnswersLost => {
                row.grant(now);
                Err(out_of_reach("이끌기"))
            }
            Reach::Whole => {
                let Some(fence) = row.grant(now) else { return Ok(false) };
                own.lead.granted(fence, now);
                (own.asked, own.answered, own.next) = (None, now, now + RENEW_EVERY);
                Ok(true)
            }
        })
    }

    /// Lets the lease go; one that does not arrive ends by itself.
    pub fn step_down(&self) {
        self.own(|own, row, now| {
            let fence = own.lead.let_go();
            own.asked = None;
            match own.reach {
                Reach::Cut => {}
                Reach::Whole | Reach::AnswersLost => row.let_go(fence, now),
            }
        });
    }

    /// The process is gone, and what it knew of its lease with it.
    pub fn forget(&self) {
        self.own(|own, _, _| {
            let Own { reach, lag, .. } = *own;
            *own = Own { reach, lag, ..Own::default() };
        });
    }

    /// The process stands still from now on, or goes on: what fell due meanwhile is done now, and what is late already stays late.
    pub fn stop(&self, stopped: bool) {
        self.own(|own, row, now| {
            own.stopped = stopped;
            if !stopped {
                own.next = own.next.max(now);
                own.go_on(row, now);
            }
        });
    }

    /// How it reaches the store from now on.
    pub fn reaches(&self, reach: Reach) {
        self.own(|own, row, now| {
            own.reach = reach;
            own.next = own.next.min(now + RENEW_EVERY);
            own.go_on(row, now);
        });
    }

    /// How long answers to its renewals take from now on.
    pub fn answers_take(&self, lag: Duration) {
        self.own(|own, _, _| own.lag = lag);
    }

    /// Whether questions are answered.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.own(|own, _, _| own.reach == Reach::Whole)
    }

    /// What it knows of its lease.
    #[must_use]
    pub fn lead(&self) -> Lead {
        self.own(|own, _, _| own.lead)
    }

    /// When it learnt of its newest lease or renewal.
    #[must_use]
    pub fn answered(&self) -> Duration {
        self.own(|own, _, _| own.answered)
    }

    /// The time by its monotonic clock, which runs with the store's.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.own(|_, _, now| now)
    }

    /// The store that it shares.
    #[must_use]
    pub const fn store(&self) -> &Leased {
        &self.store
    }

    /// When its next renewal reaches the store; `None`: none will, as things are.
    #[must_use]
    pub fn renews_at(&self) -> Option<Duration> {
        self.own(|own, row, _| {
            let renews =
                !own.stopped && own.reach != Reach::Cut && row.is_present(own.lead.fence());
            renews.then(|| own.asked.map_or(own.next, |asked| asked.answered + RENEW_EVERY))
        })
    }

    /// Hands an input on to whoever leads; durable when this returns.
    ///
    /// # Errors
    /// When no answer comes; it may be there all the same.
    pub fn put(&self, input: &Input) -> Result<u64, StoreError> {
        let mut table = self.store.table();
        let reach = table.seats[self.nth].reach;
        if reach == Reach::Cut {
            return Err(out_of_reach("넘겨줄 입력"));
        }
        table.put += 1;
        let id = table.put;
        table.inbox.insert(id, (input.clone(), None));
        if reach == Reach::Whole { Ok(id) } else { Err(out_of_reach("넘겨줄 입력")) }
    }

    /// What waits to be taken, in order.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn waiting(&self) -> Result<Vec<(u64, Input)>, StoreError> {
        let table = self.store.table();
        if table.seats[self.nth].reach != Reach::Whole {
            return Err(out_of_reach("넘겨받을 입력"));
        }
        let waits = table.inbox.iter().filter(|(_, (_, answer))| answer.is_none());
        Ok(waits.map(|(id, (input, _))| (*id, input.clone())).collect())
    }

    /// It is taken, and answered so.
    ///
    /// # Errors
    /// When no answer comes; it is taken once more then, unless the store has it.
    pub fn answer(&self, id: u64, answer: &Answer) -> Result<(), StoreError> {
        let mut table = self.store.table();
        let reach = table.seats[self.nth].reach;
        if reach == Reach::Cut {
            return Err(out_of_reach("입력의 답"));
        }
        if let Some((_, told)) = table.inbox.get_mut(&id) {
            *told = Some(answer.clone());
        }
        if reach == Reach::Whole { Ok(()) } else { Err(out_of_reach("입력의 답")) }
    }

    /// The answer, once the leader gave one.
    ///
    /// # Errors
    /// When no answer comes.
    pub fn answer_of(&self, id: u64) -> Result<Option<Answer>, StoreError> {
        let table = self.store.table();
        if table.seats[self.nth].reach != Reach::Whole {
            return Err(out_of_reach("입력의 답"));
        }
        Ok(table.inbox.get(&id).and_then(|(_, answer)| answer.clone()))
    }

    fn asked(&self, doing: &'static str) -> Result<(), StoreError> {
        if self.is_answered() { Ok(()) } else { Err(out_of_reach(doing)) }
    }
}

impl Store for Seat {
    fn leads(&self) -> bool {
        self.own(|own, _, now| own.lead.holds(now))
    }

    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.asked("마지막 기록 읽기")?;
        self.store.memory.last()
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.asked("기록 읽기")?;
        self.store.memory.read(from, each)
    }

    fn append(&mut self, expected_next: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        let (fence, reach) = self.own(|own, _, _| (own.lead.fence(), own.reach));
        let doubtful = || AppendError::Doubtful(out_of_reach("기록 저장"));
        if reach == Reach::Cut {
            return Err(doubtful());
        }
        let kept = self.store.keep(fence, expected_next, batch);
        if reach == Reach::AnswersLost {
            return Err(doubtful());
        }
        if matches!(kept, Err(AppendError::Stale { .. })) {
            self.own(|own, _, _| own.lead.refused(fence));
        }
        kept
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.asked("스냅샷 목록")?;
        self.store.memory.snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.asked("스냅샷 읽기")?;
        self.store.memory.snapshot(seq)
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.asked("스냅샷 저장")?;
        self.store.memory.clone().put_snapshot(seq, bytes)
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.asked("살아 있음 기록")?;
        // whoever does not lead any more is not alive to those who come after
        if self.own(|own, row, _| row.is_present(own.lead.fence())) {
            self.store.memory.clone().note_alive(alive)?;
        }
        Ok(())
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.asked("살아 있음 읽기")?;
        self.store.memory.last_alive()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn two() -> (Leased, Seat, Seat) {
        let store = Leased::new();
        let (one, other) = (store.seat(), store.seat());
        assert!(one.try_lead().is_ok_and(|leads| leads));
        (store, one, other)
    }

    fn record(seq: u64) -> StoredRecord {
        StoredRecord::seal(seq, vec![b'{', b'}'])
    }

    #[test]
    fn whoever_leads_does_so_for_days() {
        let (store, one, other) = two();
        store.turn_to(Duration::from_secs(300_000));
        assert!(one.leads() && other.try_lead().is_ok_and(|leads| !leads));
        assert!(one.lead().until() > ms(300_002_000));
    }

    #[test]
    fn a_node_that_stood_still_writes_nothing_after_another_leads() {
        let (store, mut one, mut other) = two();
        one.append(1, &[record(1)]).unwrap();
        one.stop(true);
        store.turn_to(ms(3_100));
        assert!(!one.leads() && other.try_lead().unwrap());
        other.append(2, &[record(2)]).unwrap();
        store.turn_to(ms(3_200));
        one.stop(false);
        assert!(!one.leads() && other.leads());
        assert!(matches!(one.append(3, &[record(3)]), Err(AppendError::Stale { .. })));
        assert_eq!(store.memory().records().len(), 2);
    }

    #[test]
    fn late_answers_lose_the_lease_though_nothing_stands_still() {
        let (store, one, other) = two();
        one.answers_take(ms(2_900));
        store.turn_to(ms(3_760));
        assert!(!one.leads(), "its renewal at 750 ms was answered at 3.65 s");
        assert!(other.try_lead().unwrap(), "and the next would have come after the lease's end");
        store.turn_to(ms(9_000));
        assert!(!one.leads() && other.leads());
    }

    #[test]
    fn whoever_hears_no_answers_does_not_lead_and_may_still_be_kept() {
        let (store, mut one, other) = two();
        one.reaches(Reach::AnswersLost);
        assert!(matches!(one.append(1, &[record(1)]), Err(AppendError::Doubtful(_))));
        assert_eq!(store.memory().records().len(), 1);
        store.turn_to(ms(3_100));
        assert!(!one.leads());
        assert!(other.try_lead().is_ok_and(|leads| !leads), "the row was renewed for it");
        one.step_down();
        store.turn_to(ms(3_101));
        assert!(other.try_lead().unwrap());
    }
}
