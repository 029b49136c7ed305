//! The bot's own state: whether pages go out and answers are heard.
//!
//! A connection to Slack may stand, answer pings, and bring nothing: events that are switched off, a workspace that no longer delivers.
//! What goes the whole way without a message that anybody sees are the bot's own posts: Slack delivers each of them back as an event.
//! As soon as one came back, the following ones are expected to ([`ECHO_WITHIN`]); one that does not come back makes the bot *deaf* until
//! anything is delivered again. Where Slack never brings own posts back, nothing is expected. In between, the frames of the
//! connection (it is given up after half a minute of silence) and `auth.test` every minute say that the line and the token are well.

use crate::metrics::Metrics;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A loop that has not turned for so long hangs. It turns every five seconds by itself.
const TURNS_WITHIN: Duration = Duration::from_secs(30);
/// How long Slack may take to bring an own post back.
pub const ECHO_WITHIN: Duration = Duration::from_secs(60);
/// So many unanswered questions in a row are no chance any more.
const FAILURES_TOLERATED: u32 = 3;

/// Why the bot does not do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// What was missed is being read.
    CatchingUp,
    /// There is no line to Slack.
    Disconnected,
    /// There is one, but own posts do not come back.
    Deaf,
    /// Slack's Web API refuses the token, or says nothing.
    Refused,
    /// The journal takes nothing more.
    JournalClosed,
    /// The last sign of life could not be written.
    Unwritable,
    /// The loop does not turn.
    Stuck,
}

/// What is known of the bot's own state.
#[derive(Debug)]
pub struct Health {
    pub(super) connected: AtomicBool,
    pub(super) caught_up: AtomicBool,
    pub(super) journal_closed: AtomicBool,
    pub(super) unwritable: AtomicBool,
    pub(super) metrics: Metrics,
    /// Questions to Slack in a row that were not answered; the most there are when it refused.
    unanswered: AtomicU32,
    echo: Mutex<Echo>,
    began: Instant,
    /// Milliseconds after `began`.
    turned: AtomicU64,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            connected: AtomicBool::new(false),
            caught_up: AtomicBool::new(false),
            journal_closed: AtomicBool::new(false),
            unwritable: AtomicBool::new(false),
            metrics: Metrics::default(),
            unanswered: AtomicU32::new(0),
            echo: Mutex::default(),
            began: Instant::now(),
            turned: AtomicU64::new(0),
        }
    }
}

impl Health {
    /// Whether pages are delivered and acknowledgements heard.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.not_ready().is_empty()
    }

    /// Why not.
    #[must_use]
    pub fn not_ready(&self) -> Vec<NotReady> {
        let set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        let all = [
            (!set(&self.caught_up), NotReady::CatchingUp),
            (!set(&self.connected), NotReady::Disconnected),
            (self.echo().is_missed(Instant::now()), NotReady::Deaf),
            (self.unanswered.load(Ordering::Relaxed) >= FAILURES_TOLERATED, NotReady::Refused),
            (set(&self.journal_closed), NotReady::JournalClosed),
            (set(&self.unwritable), NotReady::Unwritable),
            (!self.turns(), NotReady::Stuck),
        ];
        all.into_iter().filter(|(holds, _)| *holds).map(|(_, why)| why).collect()
    }

    /// Whether the one loop turns.
    #[must_use]
    pub fn turns(&self) -> bool {
        self.turned_lately(Instant::now())
    }

    fn turned_lately(&self, now: Instant) -> bool {
        let turned = Duration::from_millis(self.turned.load(Ordering::Relaxed));
        now.saturating_duration_since(self.began).saturating_sub(turned) < TURNS_WITHIN
    }

    /// The loop turned.
    pub(super) fn turned(&self) {
        let at = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.turned.store(at, Ordering::Relaxed);
    }

    /// Slack was asked whether it takes the token. `refused`: it said no.
    pub(super) fn answered(&self, well: bool, refused: bool) {
        let before = self.unanswered.load(Ordering::Relaxed);
        let now = match (well, refused) {
            (true, _) => 0,
            (false, true) => FAILURES_TOLERATED,
            (false, false) => before.saturating_add(1),
        };
        self.unanswered.store(now, Ordering::Relaxed);
    }

    /// A post that stands now was begun at `began`.
    pub(super) fn posted(&self, began: Instant) {
        self.echo().posted(began);
    }

    /// Slack delivered something; `own`: an own post.
    pub(super) fn delivered(&self, own: bool) {
        self.echo().delivered(own, Instant::now());
    }

    /// A new line begins: what was posted meanwhile does not come by it.
    pub(super) fn line_is_new(&self) {
        self.echo().owed = None;
    }

    fn echo(&self) -> std::sync::MutexGuard<'_, Echo> {
        self.echo.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether own posts come back.
#[derive(Clone, Copy, Debug, Default)]
struct Echo {
    /// One came back.
    comes: bool,
    /// When something was delivered last.
    delivered: Option<Instant>,
    /// Since when one is waited for.
    owed: Option<Instant>,
}

impl Echo {
    fn posted(&mut self, began: Instant) {
        // it may come back before the post's own answer does
        if self.comes && self.delivered.is_none_or(|at| at < began) {
            self.owed.get_or_insert(began);
        }
    }

    fn delivered(&mut self, own: bool, now: Instant) {
        self.comes |= own;
        self.delivered = Some(now);
        self.owed = None;
    }

    fn is_missed(&self, now: Instant) -> bool {
        self.owed.is_some_and(|since| now.saturating_duration_since(since) > ECHO_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_post_that_does_not_come_back_makes_it_deaf_until_anything_does() {
        let (mut echo, began) = (Echo::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        echo.posted(began);
        assert!(!echo.is_missed(after(600)), "where none ever came back, none is waited for");
        echo.delivered(true, after(600));
        echo.posted(after(700));
        echo.posted(after(730));
        assert!(!echo.is_missed(after(760)));
        assert!(echo.is_missed(after(761)), "counted from the first one");
        echo.delivered(false, after(800));
        assert!(!echo.is_missed(after(9_000)));
    }

    #[test]
    fn an_echo_may_be_faster_than_the_answer() {
        let (mut echo, began) = (Echo::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        echo.delivered(true, after(1));
        echo.posted(began);
        assert!(!echo.is_missed(after(600)));
    }

    #[test]
    fn three_silences_or_one_refusal() {
        let health = Health::default();
        let refused = || health.not_ready().contains(&NotReady::Refused);
        health.answered(false, false);
        health.answered(false, false);
        assert!(!refused());
        health.answered(false, false);
        assert!(refused());
        health.answered(true, false);
        assert!(!refused());
        health.answered(false, true);
        assert!(refused());
    }

    #[test]
    fn a_loop_that_does_not_turn_is_neither_alive_nor_ready() {
        let health = Health::default();
        health.turned();
        let after = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert!(health.turned_lately(after(29)));
        assert!(!health.turned_lately(after(31)));
        assert!(health.turns() && !health.not_ready().contains(&NotReady::Stuck));
    }
}
