//! The topics of Amazon SNS that the desk listens to: COC is told when one falls silent because somebody ended its subscription.

use super::super::change::Change;
use super::super::desk::Room;
use super::super::errand::{Place, Urgency};
use super::super::input::{TopicEvent, TopicNews};
use super::super::turn::Turn;
use super::super::words;

/// A topic began to reach the desk, or ceased to.
pub(in crate::domain) fn news(turn: &mut Turn<'_>, news: &TopicNews) {
    let desk = turn.desk;
    if desk.seen.contains_key(&news.key) {
        return;
    }
    turn.change(Change::Seen(news.key.clone()));
    match news.what {
        // whoever subscribed sees it where it was done
        TopicEvent::Subscribed => {}
        TopicEvent::Unsubscribed => {
            if let Some(channel) = desk.room(Room::Noti) {
                let message = words::topics::unsubscribed(desk, &news.topic);
                turn.post(None, Urgency::Page, Place { channel, thread: None }, message);
            }
        }
    }
}
