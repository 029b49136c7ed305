//! Slack's rate limits, kept on demand: none holds until it is asked for.

use super::Workspace;
use crate::domain::time::Time;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// How many calls fit into how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many calls …
    pub calls: u32,
    /// … in any so long a time.
    pub per: TimeDelta,
}

impl Rate {
    const fn per_minute(calls: u32) -> Self {
        Self { calls, per: TimeDelta::minutes(1) }
    }
}

/// Posts come one a second and channel; a short burst is let through.
const POSTS: Rate = Rate { calls: 5, per: TimeDelta::seconds(5) };

/// Slack's tiers of the methods that are here, by Slack's documentation. What is not named (`auth.test`, `chat.getPermalink`) has a
/// limit of its own, of hundreds a minute.
const TIERS: &[(Rate, &[&str])] = &[
    (
        Rate::per_minute(20),
        &[
            "conversations.list",
            "reactions.remove",
            "usergroups.list",
            "usergroups.users.list",
            "users.list",
        ],
    ),
    (
        Rate::per_minute(50),
        &[
            "bots.info",
            "chat.delete",
            "chat.update",
            "conversations.history",
            "conversations.info",
            "conversations.join",
            "conversations.open",
            "conversations.replies",
            "dnd.info",
            "reactions.add",
            "reactions.get",
            "users.conversations",
            "users.getPresence",
            "users.lookupByEmail",
        ],
    ),
    (
        Rate::per_minute(100),
        &[
            "chat.postEphemeral",
            "conversations.members",
            "users.info",
            "users.profile.get",
            "views.open",
            "views.publish",
            "views.push",
            "views.update",
        ],
    ),
    (POSTS, &["chat.postMessage"]),
];

/// The limits that hold, and the calls that count towards them.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    rates: BTreeMap<String, Rate>,
    /// The calls of a method (for posts: of a method and a channel) that may still count.
    calls: BTreeMap<(String, String), VecDeque<Time>>,
    /// Calls of a method that are refused whatever the rate, and the seconds that they are told to wait.
    refusals: BTreeMap<String, (u32, u32)>,
}

impl Workspace {
    /// From now on a method (`users.list`) is held to a rate; for `chat.postMessage` each channel is.
    pub fn limit(&mut self, method: &str, rate: Rate) {
        self.limits.rates.insert(method.to_owned(), rate);
    }

    /// From now on every method is held to the rate of its tier, as in Slack.
    pub fn limit_by_tiers(&mut self) {
        for (rate, methods) in TIERS {
            for method in *methods {
                self.limit(method, *rate);
            }
        }
    }

    /// The next `times` calls of a method are refused as too many; the caller is told to wait so many seconds.
    pub fn refuse_next(&mut self, method: &str, times: u32, retry_after: u32) {
        self.limits.refusals.insert(method.to_owned(), (times, retry_after));
    }

    /// Counts a call of the Web API; asked before [`Workspace::api`] by whoever speaks HTTP, for a call too many is an HTTP status
    /// and a header.
    ///
    /// # Errors
    /// It is one too many: how many seconds the caller has to wait.
    pub fn admit(&mut self, now: Time, method: &str, args: &Value) -> Result<(), u32> {
        if let Some((left, wait)) = self.limits.refusals.get_mut(method)
            && *left > 0
        {
            *left -= 1;
            return Err(*wait);
        }
        let Some(rate) = self.limits.rates.get(method).copied() else { return Ok(()) };
        let channel = match method {
            "chat.postMessage" => args["channel"].as_str().unwrap_or_default(),
            _ => "",
        };
        let key = (method.to_owned(), channel.to_owned());
        let calls = self.limits.calls.entry(key).or_default();
        while calls.front().is_some_and(|first| now - *first >= rate.per) {
            calls.pop_front();
        }
        if calls.len() < usize::try_from(rate.calls).unwrap_or(usize::MAX) {
            calls.push_back(now);
            return Ok(());
        }
        let left = calls.front().map_or(rate.per, |first| rate.per - (now - *first));
        // Whole seconds, and never none.
        let wait = (left.num_milliseconds() + 999) / 1000;
        Err(u32::try_from(wait.max(1)).unwrap_or(u32::MAX))
    }
}
