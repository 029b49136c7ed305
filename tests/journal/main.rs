//! The journal against its promises: nothing acknowledged is lost, nothing damaged passes.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cli;
mod damage;
mod forget;
mod kill;
mod store;

use chrono::TimeDelta;
use coc::domain::change::Change;
use coc::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use coc::domain::input::{Input, SlackAct, SlackInput};
use coc::domain::time::Time;
use coc::journal::{Draft, Journal, JournalError, Opened, Record, Store};
use std::collections::BTreeMap;

/// A state as the engine would keep one: how often each delivery was seen.
type State = BTreeMap<String, u64>;

const SCHEMA: &str = "test-1";

fn at(n: u64) -> Time {
    let start: Time = "2025-08-05T22:00:00+09:00".parse().unwrap();
    start + TimeDelta::seconds(i64::try_from(n).unwrap())
}

/// The `n`th decision: somebody said `text`.
fn said(n: u64, text: &str) -> Draft {
    let ts = Ts(format!("1754398800.{n:06}"));
    let key = format!("m:C1:{ts}");
    let what = SlackAct::Said {
        at: MessageRef { channel: ChannelId::from("C1"), ts },
        thread: None,
        text: text.to_owned(),
    };
    let by = SlackUser::from("U1");
    Draft {
        at: at(n),
        input: Input::Slack(SlackInput { key: key.clone(), by, what, raw: None }),
        changes: vec![Change::Seen(key)],
    }
}

fn drafts(from: u64, to: u64) -> Vec<Draft> {
    (from..=to).map(|n| said(n, "[한빛전자] 확인했습니다")).collect()
}

fn open<S: Store>(store: S) -> Result<Opened<S, State>, JournalError> {
    Journal::open(store, SCHEMA)
}

fn read_all<S: Store>(journal: &Journal<S>) -> Result<Vec<Record>, JournalError> {
    read_after(journal, 0)
}

fn read_after<S: Store>(journal: &Journal<S>, after: u64) -> Result<Vec<Record>, JournalError> {
    let mut records = Vec::new();
    journal.read_after(after, |record| records.push(record)).map(|()| records)
}
