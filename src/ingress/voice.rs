//! What is said on a telephone, whoever carries it: which page a key answers, and what the voice says then.

use super::{Hooks, Page, Unavailable};
use crate::domain::errand::CallEvent;
use crate::domain::ids::ErrandId;
use crate::domain::words::phone as words;

/// A word of the person at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// A key.
    Key(char),
    /// No key in time.
    Nothing,
    /// A machine is at the other end, and no key was pressed.
    Machine,
}

/// Where the conversation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    /// The page that the voice said last.
    pub page: ErrandId,
    /// The carrier's name for the call.
    pub reference: String,
    /// How often the voice said it; 0: not yet.
    pub turn: u8,
}

/// What the voice does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It says a page and waits for a key.
    Ask {
        /// The page that the key answers.
        page: ErrandId,
        /// 1: it may be said a second time; 2: this is the second.
        turn: u8,
        /// What it says.
        speech: String,
    },
    /// It says something, or nothing, and hangs up.
    End(Option<&'static str>),
}

/// The voice when nothing can be kept.
pub(super) const NOT_KEPT: Next = Next::End(Some(words::not_kept()));

/// Takes what was heard and says what comes next. What counts is durable when this returns.
///
/// # Errors
/// When it could not be kept: nothing counts then.
pub(super) async fn answer(hooks: &dyn Hooks, at: &At, heard: Heard) -> Result<Next, Unavailable> {
    let Some(page) = hooks.page(at.page).await? else {
        return over(hooks, at, heard).await;
    };
    match (heard, at.turn) {
        (Heard::Key('1'), _) => decided(hooks, at, true).await,
        (Heard::Key('2'), _) => decided(hooks, at, false).await,
        (Heard::Key(_), _) | (Heard::Nothing, 0) => again(hooks, at, &page, 1).await,
        (Heard::Nothing, 1) => again(hooks, at, &page, 2).await,
        (Heard::Nothing, _) => {
            tell(hooks, &at.reference, at.page, CallEvent::Answered).await?;
            Ok(Next::End(Some(words::no_key())))
        }
        (Heard::Machine, _) => {
            tell(hooks, &at.reference, at.page, CallEvent::Voicemail).await?;
            Ok(Next::End(None))
        }
    }
}

/// Tells of the whole call: the first page that is still open stands for all of them.
///
/// # Errors
/// When it could not be kept.
pub(super) async fn tell(
    hooks: &dyn Hooks,
    reference: &str,
    placed_by: ErrandId,
    event: CallEvent,
) -> Result<(), Unavailable> {
    let open = hooks.pages(reference).await?;
    hooks.phoned(open.first().map_or(placed_by, |page| page.call), event).await
}

async fn decided(hooks: &dyn Hooks, at: &At, accepted: bool) -> Result<Next, Unavailable> {
    let event = if accepted { CallEvent::Accepted } else { CallEvent::Rejected };
    hooks.phoned(at.page, event).await?;
    // the key is kept: what else there is can be said in Slack when the desk is gone just now
    let open = hooks.pages(&at.reference).await.unwrap_or_default();
    Ok(match open.into_iter().find(|page| page.call != at.page) {
        Some(page) => ask(&page, 1, words::next(&page.about)),
        None => Next::End(Some(words::goodbye(accepted))),
    })
}

async fn again(hooks: &dyn Hooks, at: &At, asked: &Page, turn: u8) -> Result<Next, Unavailable> {
    let open = hooks.pages(&at.reference).await?;
    let others = open.iter().filter(|page| page.call != asked.call);
    let pages: Vec<&str> =
        std::iter::once(asked).chain(others).map(|page| page.about.as_str()).collect();
    Ok(ask(asked, turn, words::speech(&pages)))
}

/// The page is over by now; others of the same call may not be.
async fn over(hooks: &dyn Hooks, at: &At, heard: Heard) -> Result<Next, Unavailable> {
    let open = hooks.pages(&at.reference).await?;
    match (open.first(), heard) {
        (Some(page), Heard::Machine) => {
            hooks.phoned(page.call, CallEvent::Voicemail).await?;
            Ok(Next::End(None))
        }
        (None, Heard::Machine) => Ok(Next::End(None)),
        (Some(page), Heard::Key(_) | Heard::Nothing) => {
            Ok(ask(page, 1, format!("{} {}", words::over(), words::next(&page.about))))
        }
        (None, Heard::Key(_) | Heard::Nothing) => Ok(Next::End(Some(words::over()))),
    }
}

fn ask(page: &Page, turn: u8, speech: String) -> Next {
    Next::Ask { page: page.call, turn, speech }
}
