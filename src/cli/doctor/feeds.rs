//! The status feeds' part of `coc doctor`: each is read once.

use super::{Check, State, wait_for};
use crate::cli::wiring::feeds::configured;
use crate::domain::policy::Policy;
use crate::domain::status::Item;
use crate::ports::{Feeds, PortError};

const RSS: &str = "AWS 상태 피드";
const CURRENT_EVENTS: &str = "AWS currentevents";

/// Reads what is configured; `policy`: as it is on disk, where it can be read.
pub(super) fn checks(policy: Option<&Policy>) -> Vec<Check> {
    let feeds = match configured() {
        Ok(Some(feeds)) => feeds,
        Ok(None) => {
            let text =
                "읽지 않도록 설정되어 있습니다 (AWS_STATUS_URL=off). AWS 장애를 공지하지 않습니다.";
            return vec![Check { what: RSS, state: State::Off, text: text.to_owned() }];
        }
        Err(why) => return vec![Check { what: RSS, state: State::Missing, text: why }],
    };
    let mut checks = vec![told(RSS, wait_for(feeds.rss()))];
    let url = policy.map(|policy| policy.feeds.currentevents.trim()).filter(|url| !url.is_empty());
    checks.extend(url.map(|url| told(CURRENT_EVENTS, wait_for(feeds.current_events(url)))));
    checks
}

/// The desk goes on without; COC looks at the dashboard then.
fn told(what: &'static str, read: Result<Result<Vec<Item>, PortError>, String>) -> Check {
    match read {
        Err(why) => Check { what, state: State::Doubt, text: why },
        Ok(Err(error)) => Check { what, state: State::Doubt, text: error.to_string() },
        Ok(Ok(items)) => {
            let text = match items.iter().map(|item| item.at).max() {
                Some(at) => format!(
                    "읽었습니다. 소식 {}건, 가장 새것은 {}입니다.",
                    items.len(),
                    at.format("%Y-%m-%d %H:%M")
                ),
                None => "읽었습니다. 소식이 없습니다.".to_owned(),
            };
            Check { what, state: State::Ok, text }
        }
    }
}
