//! Random days at the desk: requests, assignments, presses, reactions, replies, telephones, tickets, mails, on every other day what
//! monitoring services, AWS and its TAM tell ([`notices`]) and what people do with it, in all weathers: repeats, deliveries late and in another order, a dead or slow Slack, services that fail, answers that are lost, a journal that fails, clocks that are set, crashes and stops.
//! After every step reference models ([`model`], [`alarms`]) and the invariants ([`rules`]) are held against what the world saw. [`planted`]
//! shows that broken parts are noticed.
//!
//! `COC_SEEDS` says how many seeds, `COC_SEED` where to begin (1), `COC_SEED_SECONDS` within how many seconds.
#![expect(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "a bound on real time")]
#![expect(clippy::print_stdout, reason = "figures")]

mod alarms;
mod broken_nodes;
#[path = "../common/mod.rs"]
mod common;
mod found;
mod model;
mod nodes;
mod notices;
mod planted;
mod rules;
mod script;

use alarms::Alarms;
use chrono::TimeDelta;
use coc::domain::input::Books;
use coc::journal::Memory;
use coc::replay::scenario::{Failing, Scenario, Step};
use coc::replay::{Parts, Player, World};
use common::books;
use model::Model;
use rules::Errands;
use script::Script;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Seeds of a run in which nobody asks for a number; without optimisation a seed takes ten times as long.
const USUALLY: u64 = if cfg!(debug_assertions) { 100 } else { 1_000 };

#[test]
fn the_rules_hold_on_random_days() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = number("COC_SEEDS").unwrap_or(USUALLY);
    let first = number("COC_SEED").unwrap_or(1);
    let begun = Instant::now();
    let sound = |memory: &Memory| Plant { parts: on(memory), ..Plant::default() };
    let Tried { wrong, .. } = try_seeds(first, seeds, &sound);
    if let Some((seed, wrong)) = wrong {
        panic!(
            "{wrong}\nto repeat: COC_SEED={seed} COC_SEEDS=1 cargo test --test simulation the_rules_hold_on_random_days"
        );
    }
    let took = begun.elapsed();
    println!("{seeds} seeds in {:.1} s", took.as_secs_f64());
    if let Some(seconds) = number("COC_SEED_SECONDS") {
        let within = Duration::from_secs(seconds);
        assert!(took <= within, "{seeds} seeds took {took:?}, longer than {within:?}");
    }
}

/// What a world is made of where it is not sound.
#[derive(Debug, Default)]
pub(crate) struct Plant {
    parts: Parts,
    /// Changes to the policy: `, chain.rung: 4m`.
    policy: &'static str,
    /// A change to the guide: this for that.
    guide: Option<(&'static str, &'static str)>,
    /// It must be noticed by what people see: nobody looks into the journal.
    unread: bool,
    /// Several nodes share the store.
    nodes: Option<nodes::Own>,
}

/// What seeds came to.
#[derive(Debug, Default)]
struct Tried {
    /// The first that failed, with what it says.
    wrong: Option<(u64, String)>,
    /// What several nodes did.
    tally: nodes::Tally,
}

/// Parts whose journal is kept there.
fn on(memory: &Memory) -> Parts {
    let memory = memory.clone();
    Parts { disk: Box::new(move || Box::new(memory.clone())), ..Parts::default() }
}

/// How often it is told how far a long search is.
const TOLD_EVERY: Duration = Duration::from_secs(5);

/// Tries seeds on every core, in order, until one fails.
fn try_seeds(first: u64, seeds: u64, plant: &(dyn Fn(&Memory) -> Plant + Sync)) -> Tried {
    let books = books();
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let (wrongs, tally) = (Mutex::new(Vec::new()), Mutex::new(nodes::Tally::default()));
    let told = Mutex::new(Instant::now());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds {
                        break;
                    }
                    match day(seed, &books, plant) {
                        Ok(one) => tally.lock().unwrap().add(one),
                        Err(wrong) => {
                            failed.store(true, Ordering::Relaxed);
                            wrongs.lock().unwrap().push((seed, wrong));
                        }
                    }
                    let mut told = told.lock().unwrap();
                    if std::io::stderr().is_terminal() && told.elapsed() >= TOLD_EVERY {
                        *told = Instant::now();
                        // past the harness, which keeps what tests print
                        let done = seed + 1 - first;
                        let _ = writeln!(std::io::stderr(), "{done} of {seeds} seeds");
                    }
                }
            });
        }
    });
    let mut wrongs = wrongs.into_inner().unwrap();
    wrongs.sort();
    Tried { wrong: wrongs.into_iter().next(), tally: tally.into_inner().unwrap() }
}

fn day(seed: u64, books: &Books, plant: &dyn Fn(&Memory) -> Plant) -> Result<nodes::Tally, String> {
    let memory = Memory::new();
    let mut plant = plant(&memory);
    let mut script = Script::new(seed, plant.policy);
    let mut watch = Watch::new(script.phones);
    let mut fates = plant.nodes.take().map(|own| {
        let (fates, nodes) = nodes::Fates::new(seed, &mut script, &memory, own);
        nodes.ahead.iter().for_each(|ahead| watch.model.clock_was_set(*ahead));
        plant.parts.nodes = Some(nodes);
        fates
    });
    let mut books = books.clone();
    if let Some((from, to)) = plant.guide {
        assert!(books.guide.contains(from));
        books.guide = books.guide.replacen(from, to, 1);
    }
    let scenario: Scenario = serde_saphyr::from_str(&script.head).unwrap();
    let mut player = Player::over(&scenario, script.folder(), &books, &script.crashes, plant.parts)
        .map_err(|error| format!("seed {seed}: {error}"))?;
    let lived = live(&mut script, &mut player, &memory, &mut watch, fates.as_mut());
    let read = |()| match plant.unread {
        true => Ok(()),
        false => rules::replays(player.world(), watch.alarms.answered()),
    };
    let tally = || nodes::Tally::of(player.world());
    lived.and_then(read).map(|()| tally()).map_err(|wrong| {
        let mut text = format!("seed {seed}: {wrong}\n");
        writeln!(text, "crashes: {:?}\n{}", script.crashes, script.head).unwrap();
        if let Some(fates) = &fates {
            writeln!(text, "{fates}").unwrap();
        }
        writeln!(text, "steps:").unwrap();
        for deed in &script.deeds {
            writeln!(text, "{deed}").unwrap();
        }
        writeln!(text, "what was heard and done:").unwrap();
        player.world().look(|acts, heard| {
            for nth in 0..=acts.len() {
                for one in heard.iter().filter(|one| one.acts == nth) {
                    writeln!(
                        text,
                        "{} ← {} {:?}",
                        one.at.format("%m-%d %H:%M:%S"),
                        one.by,
                        one.told
                    )
                    .unwrap();
                }
                if let Some(act) = acts.get(nth) {
                    writeln!(text, "{act}").unwrap();
                }
            }
        });
        text
    })
}

/// Everybody who looks on.
pub(crate) struct Watch {
    pub(crate) model: Model,
    pub(crate) alarms: Alarms,
    errands: Errands,
    starts: (u64, u64),
    loses: bool,
}

impl Watch {
    fn new(phones: bool) -> Self {
        Self {
            model: Model::new(phones),
            alarms: Alarms::default(),
            errands: Errands::default(),
            starts: (1, 0),
            loses: false,
        }
    }

    fn look(&mut self, world: &World) -> Result<(), String> {
        let starts = (world.starts(), world.befallen());
        let restarted = std::mem::replace(&mut self.starts, starts) != starts;
        let lost = std::mem::replace(&mut self.loses, world.loses_answers());
        if restarted || lost || world.is_troubled() {
            self.model.trouble(world.now() + TimeDelta::minutes(1));
        }
        if let Some(at) = world.settles_at() {
            self.model.trouble(at + TimeDelta::minutes(2));
        }
        for what in [Failing::Phone, Failing::Tickets, Failing::Mail] {
            if world.fails(what) {
                self.model.fails(what, world.now() + TimeDelta::minutes(1));
            }
        }
        rules::one_leads(world)?;
        self.errands.watch(world)?;
        self.model.watch(world)?;
        self.alarms.watch(world, &self.model)?;
        rules::holds(world)
    }
}

fn live(
    script: &mut Script,
    player: &mut Player,
    memory: &Memory,
    watch: &mut Watch,
    mut fates: Option<&mut nodes::Fates>,
) -> Result<(), String> {
    watch.look(player.world())?;
    for _ in 0..script.steps() {
        let mut deed = script.next(player.world(), watch);
        deed.fate = fates.as_mut().and_then(|fates| fates.next());
        script.deeds.push(deed.clone());
        if let Some((who, blow)) = deed.fate {
            player.befall(who, blow);
        }
        if let Some(weather) = &deed.weather {
            Script::let_loose(weather, player, memory, &mut watch.model);
        }
        let step: Step = serde_saphyr::from_str(&deed.line)
            .map_err(|error| format!("{}: {error}", deed.line))?;
        script::foresee(&step, player.world().now(), &mut watch.model);
        let before = player.world().look(|acts, _| acts.len());
        let done = player.step(&step);
        if player.world().has_failed() {
            return Err(format!("the program itself failed: {}", done.err().unwrap_or_default()));
        }
        let delivered = matches!(
            step,
            Step::Say(_)
                | Step::Press(_)
                | Step::React(_)
                | Step::Reply(_)
                | Step::Slash(_)
                | Step::Post(_)
        );
        if let Step::Post(post) = &step {
            script::answered(post, before, player.world(), &mut watch.alarms)?;
        }
        match done {
            Ok(()) if delivered => script.delivered.push(script.deeds.len()),
            Ok(()) => {}
            // what nobody could do: a button that is not there, a reaction that is there already
            Err(_) => "wait: 0s".clone_into(&mut script.deeds.last_mut().unwrap().line),
        }
        watch.look(player.world())?;
    }
    quiet(script, player, watch)
}

/// Whatever is broken is whole again, and nobody does anything for days: nothing may end in silence. A weekend is the longest that
/// anything waits.
fn quiet(script: &mut Script, player: &mut Player, watch: &mut Watch) -> Result<(), String> {
    let line = "wait: 8h".to_owned();
    let step: Step = serde_saphyr::from_str(&line).unwrap();
    for hours in (8..=104).step_by(8) {
        script.deeds.push(script::Deed { weather: None, fate: None, line: line.clone() });
        player.step(&step)?;
        watch.look(player.world())?;
        let ended = rules::ended(player.world())
            .and_then(|()| watch.model.ended())
            .and_then(|()| watch.alarms.ended())
            .and_then(|()| nodes::ended(player.world()));
        match ended {
            Ok(()) => break,
            Err(silent) if hours >= 104 => return Err(silent),
            Err(_) => {}
        }
    }
    Ok(())
}
