//! The lease by which one of several nodes leads: what a node knows of its own ([`Lead`]), and the rules of the row that all of them
//! share ([`Row`]). Told the time; it reads no clock.
//!
//! The two run by different clocks. The row's is the store's. A node counts by its own monotonic clock, from before it put the question
//! that was granted, so that its own count is over before the row's is, however long the question and the answer took. The nodes'
//! wall clocks play no part.
//!
//! Times are durations since a beginning of the clock's own.

use std::time::Duration;

/// How long a lease lasts that nobody renews.
pub const LEASE: Duration = Duration::from_secs(3);
/// How long a leader waits until it renews it again.
pub const RENEW_EVERY: Duration = Duration::from_millis(750);

/// What a node knows of its own lease, by its own monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lead {
    /// Its fencing number; 0: none.
    fence: u64,
    /// Until when it holds for certain.
    until: Duration,
}

impl Lead {
    /// Granted, or renewed, by the answer to a question that was put at `asked`.
    pub fn granted(&mut self, fence: u64, asked: Duration) {
        let before = if self.fence == fence { self.until } else { Duration::ZERO };
        *self = Self { fence, until: before.max(asked + LEASE) };
    }

    /// Renewed, unless the node let it go while it waited for the answer.
    pub fn renewed(&mut self, fence: u64, asked: Duration) {
        if self.fence == fence && fence != 0 {
            self.granted(fence, asked);
        }
    }

    /// The row has another number than this, unless the node was granted a new one since.
    pub const fn refused(&mut self, fence: u64) {
        if self.fence == fence {
            self.fence = 0;
        }
    }

    /// The node lets go. Returns the number that it had.
    pub const fn let_go(&mut self) -> u64 {
        let fence = self.fence;
        self.fence = 0;
        fence
    }

    /// Whether the node may act: nobody else can have been granted the lease by now.
    #[must_use]
    pub fn holds(&self, now: Duration) -> bool {
        self.fence != 0 && now < self.until
    }

    /// The number under which the node writes; 0: none. It stays when the time is over, for the row decides whether it is another's.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.fence
    }

    /// Until when it holds, unless it is renewed.
    #[must_use]
    pub const fn until(&self) -> Duration {
        self.until
    }
}

/// The lease as the store has it, by the store's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    fence: u64,
    until: Duration,
}

impl Row {
    /// Grants it to whoever asks when nobody has it or its time is over; under the next number.
    pub fn grant(&mut self, now: Duration) -> Option<u64> {
        let is_free = self.fence == 0 || self.until < now;
        is_free.then(|| {
            *self = Self { fence: self.fence + 1, until: now + LEASE };
            self.fence
        })
    }

    /// Renews it for whoever has the present number. One whose time is over is renewed too, as long as nobody else was granted it.
    pub fn renew(&mut self, fence: u64, now: Duration) -> bool {
        let is_present = self.is_present(fence);
        if is_present {
            self.until = now + LEASE;
        }
        is_present
    }

    /// Ends it at once, for whoever has the present number.
    pub fn let_go(&mut self, fence: u64, now: Duration) {
        if self.is_present(fence) {
            self.until = now;
        }
    }

    /// Whether a batch of the writer with this number is kept that expects to become the record `expected`, where `next` is the next.
    #[must_use]
    pub fn keeps(&self, fence: u64, expected: u64, next: u64) -> bool {
        self.is_present(fence) && expected == next
    }

    /// Whether this is the number of the newest lease.
    #[must_use]
    pub const fn is_present(&self, fence: u64) -> bool {
        fence != 0 && self.fence == fence
    }

    /// The number of the newest lease; 0 before the first.
    #[must_use]
    pub const fn fence(&self) -> u64 {
        self.fence
    }

    /// Until when nobody else is granted it, unless it is renewed.
    #[must_use]
    pub const fn until(&self) -> Duration {
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn it_is_granted_once_and_again_when_it_is_over() {
        let mut row = Row::default();
        assert_eq!(row.grant(ms(10)), Some(1));
        assert_eq!(row.grant(ms(3_010)), None, "until then it is held");
        assert_eq!(row.grant(ms(3_011)), Some(2));
        assert!(!row.renew(1, ms(3_012)), "the number is another's");
        row.let_go(1, ms(3_012));
        assert_eq!(row.grant(ms(3_013)), None, "nobody lets go of what is another's");
        row.let_go(2, ms(3_014));
        assert_eq!(row.grant(ms(3_015)), Some(3));
    }

    #[test]
    fn a_batch_is_kept_under_the_present_number_and_as_the_next_record() {
        let mut row = Row::default();
        assert!(!row.keeps(0, 1, 1), "nobody leads");
        assert_eq!(row.grant(ms(0)), Some(1));
        assert!(row.keeps(1, 5, 5) && !row.keeps(1, 4, 5) && !row.keeps(2, 5, 5));
        assert_eq!(row.grant(ms(4_000)), Some(2));
        assert!(!row.keeps(1, 5, 5));
    }

    #[test]
    fn an_answer_that_comes_after_the_node_let_go_renews_nothing() {
        let mut lead = Lead::default();
        lead.granted(1, ms(0));
        assert_eq!(lead.let_go(), 1);
        lead.renewed(1, ms(750));
        assert!(!lead.holds(ms(751)));
    }

    /// What a node does next, after so many milliseconds; the question and its answer take their time each.
    #[derive(Clone, Copy, Debug)]
    struct Turn {
        node: usize,
        after: u64,
        there: u64,
        back: u64,
        lets_go: bool,
    }

    fn turns() -> impl Strategy<Value = Vec<Turn>> {
        let turn = (0..3_usize, 0..2_500_u64, 0..2_000_u64, 0..2_000_u64, 0..12_u8).prop_map(
            |(node, after, there, back, lets_go)| Turn {
                node,
                after,
                there,
                back,
                lets_go: lets_go == 0,
            },
        );
        prop::collection::vec(turn, 1..120)
    }

    proptest! {
        /// However long questions and answers take: when the row grants it to one, no other takes itself for the leader.
        #[test]
        fn at_no_moment_two_take_themselves_for_the_leader(turns in turns()) {
            let mut row = Row::default();
            let mut nodes = [Lead::default(); 3];
            // answers on their way: when they come, whose, which number, asked when
            let mut answers: Vec<(Duration, usize, Option<u64>, Duration)> = Vec::new();
            let mut now = Duration::ZERO;
            for turn in turns {
                now += ms(turn.after);
                for (_, node, fence, asked) in answers.extract_if(.., |(at, ..)| *at <= now) {
                    match fence {
                        Some(fence) if nodes[node].fence() == 0 => nodes[node].granted(fence, asked),
                        Some(fence) => nodes[node].renewed(fence, asked),
                        None => nodes[node].refused(nodes[node].fence()),
                    }
                }
                let lead = &mut nodes[turn.node];
                if turn.lets_go {
                    let fence = lead.let_go();
                    answers.retain(|(_, node, ..)| *node != turn.node);
                    row.let_go(fence, now);
                } else if !answers.iter().any(|(_, node, ..)| *node == turn.node) {
                    let (asked, put) = (now, now + ms(turn.there));
                    let fence = lead.fence();
                    let answer = if fence == 0 { row.grant(put) } else { row.renew(fence, put).then_some(fence) };
                    answers.push((put + ms(turn.back), turn.node, answer, asked));
                    // nobody looks at a row before it was written
                    now = put;
                }
                let leaders = nodes.iter().filter(|lead| lead.holds(now));
                prop_assert!(leaders.clone().count() <= 1, "{now:?} {nodes:?}");
                prop_assert!(leaders.clone().all(|lead| row.is_present(lead.fence())), "{now:?} {row:?} {nodes:?}");
            }
        }
    }
}
