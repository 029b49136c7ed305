//! Days on which two or three nodes share the store: they stand still, lose the store, Slack or their lease, are killed and started
//! again, their clocks differ, the store is away for all of them. The same people, machines and models as on the days of one
//! process look on, and what must hold of several besides ([`rules::one_leads`](crate::rules::one_leads)).
//!
//! `COC_NODE_SEEDS` says how many seeds, `COC_NODE_SEED` where to begin (1), `COC_NODE_SECONDS` within how many seconds.

use crate::script::{Dice, Script};
use crate::{Plant, Tried, try_seeds};
use chrono::TimeDelta;
use coc::journal::{Leased, Memory, Reach};
use coc::replay::{Blow, Moment, Nodes, Who, World};
use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

/// Seeds of a run in which nobody asks for a number.
const USUALLY: u64 = if cfg!(debug_assertions) { 60 } else { 600 };

/// What a node makes of its place at the store.
pub(crate) struct Own(pub(crate) coc::replay::OwnStore);

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").finish_non_exhaustive()
    }
}

/// As in production.
pub(crate) fn sound() -> Own {
    Own(Box::new(|seat, _| Box::new(seat.clone())))
}

#[test]
fn the_rules_hold_with_two_and_three_nodes() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = number("COC_NODE_SEEDS").unwrap_or(USUALLY);
    let first = number("COC_NODE_SEED").unwrap_or(1);
    let begun = Instant::now();
    let plant = |_: &Memory| Plant { nodes: Some(sound()), ..Plant::default() };
    let Tried { wrong, tally } = try_seeds(first, seeds, &plant);
    if let Some((seed, wrong)) = wrong {
        panic!(
            "{wrong}\nto repeat: COC_NODE_SEED={seed} COC_NODE_SEEDS=1 cargo test --test simulation the_rules_hold_with_two_and_three_nodes"
        );
    }
    let took = begun.elapsed();
    println!("{seeds} seeds with several nodes in {:.1} s: {tally}", took.as_secs_f64());
    if let Some(seconds) = number("COC_NODE_SECONDS") {
        let within = Duration::from_secs(seconds);
        assert!(took <= within, "{seeds} seeds took {took:?}, longer than {within:?}");
    }
}

/// What happened to several nodes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    befallen: u64,
    grants: usize,
    under_way: usize,
    strays: usize,
}

impl Tally {
    pub(crate) fn of(world: &World) -> Self {
        Self {
            befallen: world.befallen(),
            grants: world.grants().len(),
            under_way: world.deeds().iter().filter(|deed| deed.under_way).count(),
            strays: world.strays().map_or(0, BTreeSet::len),
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.befallen += other.befallen;
        self.grants += other.grants;
        self.under_way += other.under_way;
        self.strays += other.strays;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} blows, {} leases, {} effects that were under way meanwhile, {} of them beside what was known",
            self.befallen, self.grants, self.under_way, self.strays
        )
    }
}

/// What befalls the nodes of one day.
#[derive(Debug)]
pub(crate) struct Fates {
    dice: Dice,
    ahead: Vec<TimeDelta>,
    blows: Vec<(Moment, Blow)>,
    fair: bool,
}

impl fmt::Display for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ahead: Vec<i64> = self.ahead.iter().map(TimeDelta::num_seconds).collect();
        write!(f, "nodes: clocks ahead by {ahead:?} s; blows: {:?}", self.blows)
    }
}

impl Fates {
    pub(crate) fn new(seed: u64, script: &mut Script, memory: &Memory, own: Own) -> (Self, Nodes) {
        let mut dice = Dice::new(seed ^ 0x6E6F_6465);
        let count = 2 + dice.upto(2);
        let skewed = dice.upto(2) == 0;
        // each node has a clock of its own instead
        script.clocks = false;
        let mut skew = || match skewed {
            true => TimeDelta::seconds(i64::try_from(dice.upto(61)).unwrap() - 30),
            false => TimeDelta::zero(),
        };
        let ahead: Vec<TimeDelta> = (0..count).map(|_| skew()).collect();
        let fair = script.fair;
        let mut fates = Self { dice, ahead: ahead.clone(), blows: Vec::new(), fair };
        if !fair {
            fates.plan();
        }
        let blows = fates.blows.clone();
        (fates, Nodes { store: Leased::over(memory.clone()), own: own.0, ahead, blows })
    }

    /// Blows that strike at the worst places.
    fn plan(&mut self) {
        let seconds = TimeDelta::seconds;
        for _ in 0..self.dice.upto(4) {
            let effect = self.dice.upto(60) + 1;
            let moment = match self.dice.upto(5) {
                0 | 1 => Moment::BeforeEffect(effect),
                2 => Moment::AfterEffect(effect),
                3 => Moment::AfterRecord(self.dice.upto(120) + 5),
                // the very first start is not left without Slack: who is who was never read then
                _ => Moment::AfterGrant(self.dice.upto(4) + 2),
            };
            let blow = if self.dice.upto(3) > 0 { self.pause() } else { self.blow() };
            self.blows.push((moment, blow));
        }
        // the one that takes over stands still as well, before it reads the journal
        if self.dice.upto(5) == 0 {
            let effect = self.dice.upto(30) + 1;
            let (one, other) = (6 + self.dice.upto(6), 10 + self.dice.upto(20));
            let length = |seconds| TimeDelta::seconds(i64::try_from(seconds).unwrap());
            self.blows.push((Moment::BeforeEffect(effect), Blow::Pause(length(one))));
            self.blows.push((Moment::AfterGrant(2), Blow::Pause(length(other))));
            self.blows.push((Moment::AfterGrant(3), Blow::Kill(seconds(20))));
        }
    }

    fn pause(&mut self) -> Blow {
        Blow::Pause(self.length())
    }

    /// Shorter than the lease, a little longer, and long.
    fn length(&mut self) -> TimeDelta {
        let tenths = match self.dice.upto(4) {
            0 => self.dice.upto(30) + 1,
            1 | 2 => 30 + self.dice.upto(100),
            _ => 100 + self.dice.upto(6_000),
        };
        TimeDelta::milliseconds(100 * i64::try_from(tenths).unwrap() + 7)
    }

    fn blow(&mut self) -> Blow {
        let length = self.length();
        match self.dice.upto(8) {
            0 | 1 => Blow::Pause(length),
            2 => Blow::Kill(length),
            3 => Blow::Store(Reach::Cut, length),
            4 => Blow::Store(Reach::AnswersLost, length),
            5 | 6 => Blow::Slack(length),
            _ => Blow::LateAnswers(
                TimeDelta::milliseconds(i64::try_from(self.dice.upto(3_000)).unwrap()),
                length,
            ),
        }
    }

    /// What befalls a node before the next step.
    pub(crate) fn next(&mut self) -> Option<(Who, Blow)> {
        if self.fair || self.dice.upto(4) > 0 {
            return None;
        }
        if self.dice.upto(8) == 0 {
            let reach = if self.dice.upto(2) == 0 { Reach::Cut } else { Reach::AnswersLost };
            return Some((Who::Everybody, Blow::Store(reach, self.length())));
        }
        let who = if self.dice.upto(3) == 0 { Who::Other } else { Who::Leader };
        Some((who, self.blow()))
    }
}

/// After long quiet somebody leads, and took whatever reached the others.
pub(crate) fn ended(world: &World) -> Result<(), String> {
    match world.handed_on() {
        0 => Ok(()),
        left => Err(format!("{left} inputs that reached others were never taken")),
    }
}
