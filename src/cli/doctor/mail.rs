//! The mail part of `coc doctor`: the server is tried for real, up to the login; nothing is sent.

use super::{Check, State, wait_for};
use crate::cli::books::{Overrides, load};
use crate::cli::wiring::mail::configured;
use crate::domain::mail::{Occasion, read_templates};
use crate::domain::policy::{MailPolicy, Policy};
use crate::ports::{Clock, Mailer};
use crate::service::WallClock;
use std::path::Path;
use std::sync::Arc;

const SERVER: &str = "메일 서버";
const TEMPLATES: &str = "메일 양식";

/// Tries what is configured; `policy`: as it is on disk, where it can be read.
pub(super) fn checks(data: &Path, policy: Option<&Policy>) -> Vec<Check> {
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let server = match configured(&clock) {
        // that it is not set up is said beside the other settings
        Ok(None) => return Vec::new(),
        Err(why) => Check { what: SERVER, state: State::Missing, text: why },
        Ok(Some(smtp)) => match wait_for(smtp.probe()) {
            Err(why) => Check { what: SERVER, state: State::Missing, text: why },
            Ok(Err(error)) => {
                Check { what: SERVER, state: State::Missing, text: error.to_string() }
            }
            Ok(Ok(())) => well(policy.map(|policy| &policy.mail)),
        },
    };
    vec![server, templates(data)]
}

fn well(policy: Option<&MailPolicy>) -> Check {
    let (state, text) = match policy {
        Some(mail) => (State::Ok, format!("연결됩니다. 보내는 주소는 {}입니다.", mail.from)),
        None => (
            State::Doubt,
            "연결됩니다. policy.toml에 고칠 것이 있어 보내는 주소는 보지 못했습니다.".to_owned(),
        ),
    };
    Check { what: SERVER, state, text }
}

/// A mail without a template cannot be drafted, and nobody would know why its button is not there.
fn templates(data: &Path) -> Check {
    let check = |state, text| Check { what: TEMPLATES, state, text };
    let unread = || check(State::Missing, "고칠 것이 있습니다 (coc check).".to_owned());
    let Ok(books) = load(data, &Overrides::default()) else { return unread() };
    let Ok(read) = read_templates(&books.mails) else { return unread() };
    let files = |there: bool| {
        let those = Occasion::ALL.into_iter().filter(|occasion| read.has(*occasion) == there);
        those.map(|occasion| format!("mail/{}", occasion.file())).collect::<Vec<_>>()
    };
    let (there, absent) = (files(true), files(false));
    if absent.is_empty() {
        check(State::Ok, format!("읽었습니다: {}.", there.join(", ")))
    } else {
        let absent = absent.join(", ");
        check(State::Doubt, format!("{absent}이(가) 없어 그 메일의 초안을 만들 수 없습니다."))
    }
}
