//! Reading AWS's status feeds again and again (H1): when they are read next, and what the desk learns of it. The same in production
//! and in a replay; whoever has the ports does the reading.

use crate::domain::desk::Desk;
use crate::domain::errand::Service;
use crate::domain::input::Input;
use crate::domain::status::{Item, News, Source};
use crate::domain::time::Time;
use crate::ports::{Feeds, PortError};
use chrono::TimeDelta;

/// A feed that says nothing new is written down again after so long, for its age to be known.
const SAID_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(10);
/// A feed that fails is read this much more rarely from its second failure on.
const RARER: i32 = 2;
/// A feed that asks to be left alone is not left alone for longer.
const LEFT_ALONE_AT_MOST: TimeDelta = TimeDelta::hours(1);

/// What was read of each feed that is configured.
pub type Reads = Vec<(Source, Result<Vec<Item>, PortError>)>;

/// Reads the feeds once.
pub async fn read(feeds: &dyn Feeds, current_events: &str) -> Reads {
    let mut reads = vec![(Source::Rss, feeds.rss().await)];
    if !current_events.trim().is_empty() {
        reads.push((Source::CurrentEvents, feeds.current_events(current_events.trim()).await));
    }
    reads
}

/// When the feeds are read, and since when they cannot be.
#[derive(Clone, Debug)]
pub struct Watcher {
    next: Time,
    /// When all of them were last read, or the watching began.
    good: Time,
    failures: u32,
    told: bool,
}

impl Watcher {
    /// One that reads at once.
    #[must_use]
    pub const fn new(now: Time) -> Self {
        Self { next: now, good: now, failures: 0, told: false }
    }

    /// When they are read next.
    #[must_use]
    pub const fn due(&self) -> Time {
        self.next
    }

    /// They are read at once.
    pub const fn hurry(&mut self, now: Time) {
        self.next = now;
    }

    /// What the desk learns of a reading at `now`.
    pub fn take(&mut self, desk: &Desk, reads: Reads, now: Time) -> Vec<Input> {
        let policy = &desk.policy.value.feeds;
        let complete = reads.iter().all(|(_, read)| read.is_ok());
        let mut inputs = Vec::new();
        let mut failed = None;
        for (source, read) in reads {
            match read {
                Ok(mut items) => {
                    items.retain(|item| desk.board.is_news(source, item));
                    let known = desk.board.read.get(&source);
                    let old = known.is_none_or(|at| now - *at >= SAID_AGAIN_AFTER);
                    let back = complete && desk.in_trouble(Service::Feeds);
                    if !items.is_empty() || old || back {
                        inputs.push(Input::Status(News { source, items, complete }));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, ?source, "a status feed was not read");
                    failed = failed.or(Some(error));
                }
            }
        }
        let poll = policy.poll.delta().max(TimeDelta::seconds(10));
        let Some(error) = failed else {
            *self = Self { next: now + poll, good: now, failures: 0, told: false };
            return inputs;
        };
        self.failures += 1;
        let rarer = if self.failures > 1 { poll * RARER } else { poll };
        let asked = match &error {
            PortError::Transient { retry_after: Some(wait), .. } => TimeDelta::from_std(*wait).ok(),
            PortError::Transient { .. }
            | PortError::NotYet { .. }
            | PortError::Unknown { .. }
            | PortError::Permanent { .. } => None,
        };
        self.next = now + asked.unwrap_or_default().min(LEFT_ALONE_AT_MOST).max(rarer);
        let tells_at = self.good + policy.silent_after.delta();
        if now >= tells_at {
            if !self.told {
                self.told = true;
                let (since, why) = (self.good, error.to_string());
                inputs.push(Input::Trouble { service: Service::Feeds, since, why });
            }
        } else {
            // it is told in time whether it works again by then or not
            self.next = self.next.min(tells_at);
        }
        inputs
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::domain::change::Change;
    use crate::domain::status::BoardChange;
    use crate::domain::time::in_seoul;
    use std::time::Duration;

    fn minute(n: i64) -> Time {
        in_seoul(&chrono::DateTime::from_timestamp(1_754_398_800 + n * 60, 0).unwrap())
    }

    fn broken(retry_after: Option<Duration>) -> Reads {
        vec![(Source::Rss, Err(PortError::Transient { why: "500".to_owned(), retry_after }))]
    }

    fn fine() -> Reads {
        vec![(Source::Rss, Ok(Vec::new()))]
    }

    fn troubles(inputs: &[Input]) -> usize {
        inputs.iter().filter(|input| matches!(input, Input::Trouble { .. })).count()
    }

    #[test]
    fn a_silence_is_told_once_a_quarter_of_an_hour_after_the_last_reading() {
        let mut desk = Desk::default();
        let mut watcher = Watcher::new(minute(0));
        assert!(matches!(watcher.take(&desk, fine(), minute(0))[..], [Input::Status(_)]));
        desk.apply(minute(0), &Change::Board(BoardChange::Read(Source::Rss)));
        assert_eq!(watcher.due(), minute(5));
        assert!(watcher.take(&desk, broken(None), minute(5)).is_empty());
        assert_eq!(watcher.due(), minute(10));
        assert!(watcher.take(&desk, broken(None), minute(10)).is_empty());
        assert_eq!(watcher.due(), minute(15), "told in time");
        let told = watcher.take(&desk, broken(None), minute(15));
        assert!(matches!(&told[..], [Input::Trouble { since, .. }] if *since == minute(0)));
        assert_eq!(watcher.due(), minute(25), "rarer");
        assert_eq!(troubles(&watcher.take(&desk, broken(None), minute(25))), 0);
        desk.apply(
            minute(15),
            &Change::TroubleBegan { service: Service::Feeds, since: minute(0), why: String::new() },
        );
        assert!(matches!(
            &watcher.take(&desk, fine(), minute(35))[..],
            [Input::Status(news)] if news.complete && news.items.is_empty()
        ));
    }

    #[test]
    fn a_feed_that_asks_to_be_left_alone_is_but_its_silence_is_told() {
        let desk = Desk::default();
        let mut watcher = Watcher::new(minute(0));
        let wait = Some(Duration::from_secs(30 * 60));
        watcher.take(&desk, broken(wait), minute(0));
        assert_eq!(watcher.due(), minute(15));
        assert_eq!(troubles(&watcher.take(&desk, broken(wait), minute(15))), 1);
        assert_eq!(watcher.due(), minute(45));
    }

    #[test]
    fn what_says_nothing_new_is_written_down_rarely() {
        let mut desk = Desk::default();
        let mut watcher = Watcher::new(minute(0));
        let mut written = 0;
        for n in 0..12 {
            for input in watcher.take(&desk, fine(), minute(n * 5)) {
                assert!(matches!(input, Input::Status(_)));
                desk.apply(minute(n * 5), &Change::Board(BoardChange::Read(Source::Rss)));
                written += 1;
            }
        }
        assert_eq!(written, 6);
    }
}
