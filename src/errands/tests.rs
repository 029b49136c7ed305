#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::domain::change::Change;
use crate::domain::errand::Urgency;

fn at(second: i64) -> Time {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 8, 5).unwrap();
    let noon = crate::domain::time::seoul(day.and_hms_opt(12, 0, 0).unwrap());
    noon + TimeDelta::seconds(second)
}

fn owing_a_mail() -> (Desk, ErrandId) {
    let id = ErrandId { seq: 1, nth: 0 };
    let mail = Email {
        from: "alarm@example.com".to_owned(),
        to: vec!["ops@example.com".to_owned()],
        cc: Vec::new(),
        subject: "안내".to_owned(),
        text: "본문".to_owned(),
    };
    let kind = ErrandKind::Mail { mail };
    let errand = Errand { id, since: at(0), case: None, urgency: Urgency::Answer, kind };
    let mut desk = Desk::default();
    desk.apply(at(0), &Change::Owed(Box::new(errand)));
    (desk, id)
}

/// What the desk hears of the mail when every attempt ends so, and how often it was attempted until then.
fn told(error: &PortError, for_seconds: i64) -> (Vec<Outcome>, usize) {
    let (desk, id) = owing_a_mail();
    let mut runner = Runner::new(&Desk::default());
    let (mut told, mut attempts) = (Vec::new(), 0);
    for second in 0..for_seconds {
        for attempt in runner.ready(&desk, at(second)).attempts {
            attempts += 1;
            for input in runner.done(&desk, &attempt, Err(error.clone()), at(second)) {
                if let Input::Settled { errand, outcome } = input
                    && errand == id
                {
                    told.push(outcome);
                }
            }
        }
        if !told.is_empty() {
            break;
        }
    }
    (told, attempts)
}

#[test]
fn a_mail_that_may_have_arrived_is_people_s_to_decide_after_three_minutes() {
    let (outcomes, attempts) = told(&PortError::Unknown { why: "끊김".to_owned() }, 600);
    let why = words::mail::taken_perhaps().to_owned();
    assert_eq!(outcomes, [Outcome::Refused { why }]);
    assert!(attempts < 20, "{attempts} times the same mail");
}

#[test]
fn a_mail_that_cannot_have_arrived_waits_for_the_server() {
    let down = PortError::Transient { why: "연결되지 않음".to_owned(), retry_after: None };
    assert_eq!(told(&down, 600).0, []);
}

/// xorshift64*: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn upto(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % n
    }
}

/// Something owed, in few channels, threads and to few people, so that much stands in the way of each other.
fn anything(dice: &mut Dice, id: ErrandId, before: u64, now: Time) -> Errand {
    let message = Message::default();
    let channel = ChannelId(format!("C{}", dice.upto(2)));
    let person = SlackUser(format!("U{}", dice.upto(3)));
    let earlier = ErrandId { seq: 1 + dice.upto(before.max(1)), nth: 0 };
    let name = Name(format!("당직{}", dice.upto(3)));
    let kind = match dice.upto(9) {
        0 | 1 => ErrandKind::Post { place: Place { channel, thread: None }, message },
        2 => {
            let thread = Some(Anchor::Message(Ts(format!("{}.000100", dice.upto(3)))));
            ErrandKind::Post { place: Place { channel, thread }, message }
        }
        3 => {
            let thread = Some(Anchor::PostOf(earlier));
            ErrandKind::Post { place: Place { channel, thread }, message }
        }
        4 => ErrandKind::Update { post: earlier, message },
        5 => ErrandKind::Direct { to: person, message },
        6 => {
            let reply = ReplyTo { channel, thread: None, url: None };
            ErrandKind::Ephemeral { to: person, reply, message }
        }
        7 => {
            let number = PhoneNumber("010-0000-0001".to_owned());
            ErrandKind::Call { to: name, number, about: "한빛전자 긴급 티켓".to_owned() }
        }
        _ => ErrandKind::HangUp { call: earlier, to: name },
    };
    let urgency = [Urgency::Page, Urgency::Answer, Urgency::Notice, Urgency::Housekeeping];
    let urgency = urgency[usize::try_from(dice.upto(4)).unwrap()];
    Errand { id, since: now, case: None, urgency, kind }
}

fn outcome(dice: &mut Dice, attempt: &Attempt) -> Result<Outcome, PortError> {
    let why = || "시험".to_owned();
    match dice.upto(8) {
        0 => Err(PortError::Permanent { why: why() }),
        1 => Err(PortError::Transient { why: why(), retry_after: None }),
        2 => {
            let retry_after = Some(Duration::from_secs(2));
            Err(PortError::Transient { why: why(), retry_after })
        }
        3 => Err(PortError::Unknown { why: why() }),
        _ => Ok(if let Task::Post { channel, .. } = &attempt.task {
            let ts = Ts(format!("9{}.000100", attempt.id.seq));
            Outcome::Posted(MessageRef { channel: channel.clone(), ts })
        } else if let Task::Call { to, .. } = &attempt.task {
            Outcome::Placed { reference: format!("CA{}", attempt.id), to: to.clone() }
        } else {
            Outcome::Done
        }),
    }
}

/// Whoever looks only at what is new finds what is found by a look at everything, in the same order.
#[test]
fn what_is_passed_over_could_not_have_been_attempted() {
    let (mut attempts, mut settled, mut short) = (0, 0, 0);
    for seed in 1..=20 {
        let mut dice = Dice(seed * 0x9E37_79B9 + 1);
        let mut desk = Desk::default();
        let (mut usual, mut thorough) = (Runner::new(&desk), Runner::new(&desk));
        let (mut now, mut seq, mut flying) = (at(0), 0, Vec::new());
        for _ in 0..400 {
            for _ in 0..dice.upto(4) {
                seq += 1;
                let errand = anything(&mut dice, ErrandId { seq, nth: 0 }, seq, now);
                desk.apply(now, &Change::Owed(Box::new(errand)));
            }
            if dice.upto(6) == 0 && seq > 0 {
                let errand = ErrandId { seq: 1 + dice.upto(seq), nth: 0 };
                let gone = flying.iter().any(|one: &Attempt| one.id == errand);
                if !gone && desk.errands.contains_key(&errand) {
                    desk.apply(now, &Change::Dropped { errand });
                }
            }
            if dice.upto(8) == 0
                && let Some(call) = desk.calls.keys().next().copied()
            {
                desk.apply(now, &Change::CallOver { call, how: None });
            }
            if dice.upto(2) == 0 && !flying.is_empty() {
                let nth = usize::try_from(dice.upto(flying.len() as u64)).unwrap();
                let attempt: Attempt = flying.remove(nth);
                let result = outcome(&mut dice, &attempt);
                let told = usual.done(&desk, &attempt, result.clone(), now);
                assert_eq!(told, thorough.done(&desk, &attempt, result, now), "seed {seed}");
                for input in told {
                    let Input::Settled { errand, outcome } = input else { continue };
                    desk.apply(now, &Change::Settled { errand, outcome });
                }
            }
            thorough.looked = Looked::default();
            short += usize::from(usual.looked.holds(&desk, usual.looked.new_of(&desk).len(), now));
            let found = usual.ready(&desk, now);
            let sought = thorough.ready(&desk, now);
            assert_eq!(found.attempts, sought.attempts, "seed {seed}");
            assert_eq!(found.settled, sought.settled, "seed {seed}");
            // once too often does no harm
            let late =
                sought.again_at.filter(|sought| found.again_at.is_none_or(|at| at > *sought));
            assert_eq!(late, None, "seed {seed}");
            attempts += found.attempts.len();
            settled += found.settled.len();
            flying.extend(found.attempts);
            for input in found.settled {
                let Input::Settled { errand, outcome } = input else { continue };
                desk.apply(now, &Change::Settled { errand, outcome });
            }
            now += TimeDelta::milliseconds(dice.upto(400).cast_signed());
        }
    }
    assert!(attempts > 500 && settled > 500 && short > 500, "{attempts} {settled} {short}");
}
