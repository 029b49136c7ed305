//! Nodes that keep the lease badly, planted from outside: the days of several nodes ([`nodes`](crate::nodes)) notice each.

use crate::Plant;
use crate::nodes::{Own, sound};
use crate::planted::{Mouth, is_noticed};
use chrono::TimeDelta;
use coc::journal::lease::LEASE;
use coc::journal::{Alive, AppendError, Memory, Seat, Store, StoreError, StoredRecord};
use coc::ports::Chat;
use coc::replay::Parts;
use std::ops::ControlFlow;
use std::sync::Arc;

const TWO_LEAD: [&str; 2] = [
    "two take themselves for the leader",
    "the lease is granted while another takes itself for the leader",
];

/// Every node's store is this one over its place.
fn with<S: Store + 'static>(over: fn(Seat, TimeDelta) -> S) -> impl Fn(&Memory) -> Plant + Sync {
    move |_| {
        let own = Own(Box::new(move |seat, ahead| Box::new(over(seat.clone(), ahead))));
        Plant { nodes: Some(own), ..Plant::default() }
    }
}

#[test]
fn a_store_that_ignores_the_number_of_the_lease_is_noticed() {
    let rules = ["a node without the lease wrote to the journal"];
    let plant = with(|seat, _| Kept { append: append_under_any, ..Kept::well(seat) });
    is_noticed("a store that ignores the fence", &rules, &plant);
}

#[test]
fn a_node_that_believes_in_its_lease_by_the_wall_clock_is_noticed() {
    let plant = with(|seat, ahead| Kept { ahead, leads: by_the_wall, ..Kept::well(seat) });
    is_noticed("a lease by the wall clock", &TWO_LEAD, &plant);
}

#[test]
fn a_node_that_counts_its_lease_from_the_answer_is_noticed() {
    let plant = with(|seat, _| Kept { leads: from_the_answer, ..Kept::well(seat) });
    is_noticed("a lease counted from the answer", &TWO_LEAD, &plant);
}

#[test]
fn a_node_that_does_not_look_whether_it_leads_is_noticed() {
    let plant =
        with(|seat, _| Kept { leads: |_| true, append: append_under_any, ..Kept::well(seat) });
    let rules = [TWO_LEAD[0], TWO_LEAD[1], "a node without the lease does something"];
    is_noticed("acts without looking", &rules, &plant);
}

#[test]
fn a_take_over_that_does_not_look_before_it_repeats_is_noticed() {
    is_noticed("repeats without looking", &["one errand, two visible acts"], &|_: &Memory| {
        let chat = Box::new(|chat| Arc::new(Mouth::that_never_looks(chat)) as Arc<dyn Chat>);
        let parts = Parts { chat, ..Parts::default() };
        Plant { parts, nodes: Some(sound()), ..Plant::default() }
    });
}

/// A place at the store of which one thing is otherwise.
struct Kept {
    seat: Seat,
    ahead: TimeDelta,
    leads: fn(&Self) -> bool,
    append: fn(&mut Seat, u64, &[StoredRecord]) -> Result<(), AppendError>,
}

impl Kept {
    fn well(seat: Seat) -> Self {
        Self { seat, ahead: TimeDelta::zero(), leads: |one| one.seat.leads(), append: Seat::append }
    }
}

/// The lease is what the row says until then, and the wall clock says when that is.
fn by_the_wall(one: &Kept) -> bool {
    let behind = (-one.ahead).to_std().unwrap_or_default();
    let lead = one.seat.lead();
    lead.fence() != 0 && one.seat.now() < lead.until() + behind
}

fn from_the_answer(one: &Kept) -> bool {
    one.seat.lead().fence() != 0 && one.seat.now() < one.seat.answered() + LEASE
}

fn append_under_any(
    seat: &mut Seat,
    expected: u64,
    batch: &[StoredRecord],
) -> Result<(), AppendError> {
    if seat.is_answered() {
        let fence = seat.store().row().fence();
        seat.store().keep(fence, expected, batch)
    } else {
        seat.append(expected, batch)
    }
}

impl Store for Kept {
    fn leads(&self) -> bool {
        (self.leads)(self)
    }

    fn last(&self) -> Result<Option<StoredRecord>, StoreError> {
        self.seat.last()
    }

    fn read(
        &self,
        from: u64,
        each: &mut dyn FnMut(StoredRecord) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.seat.read(from, each)
    }

    fn append(&mut self, expected: u64, batch: &[StoredRecord]) -> Result<(), AppendError> {
        (self.append)(&mut self.seat, expected, batch)
    }

    fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        self.seat.snapshots()
    }

    fn snapshot(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        self.seat.snapshot(seq)
    }

    fn put_snapshot(&mut self, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
        self.seat.put_snapshot(seq, bytes)
    }

    fn note_alive(&mut self, alive: &Alive) -> Result<(), StoreError> {
        self.seat.note_alive(alive)
    }

    fn last_alive(&self) -> Result<Option<Alive>, StoreError> {
        self.seat.last_alive()
    }
}
