//! The mail server (`SMTP_URL`).

use crate::adapters::smtp::{Server, Settings, Smtp};
use crate::cli::out;
use crate::cli::settings::setting;
use crate::ports::{Clock, Mailer};
use std::sync::Arc;

/// The setting that names the server.
pub(crate) const URL: &str = "SMTP_URL";

/// The mail server as it is set up; `None` where it is not.
///
/// # Errors
/// What is wrong with the settings, in Korean and without their values.
pub(crate) fn configured(clock: &Arc<dyn Clock>) -> Result<Option<Smtp>, String> {
    let Some(url) = setting(URL).map_err(|error| error.to_string())? else { return Ok(None) };
    let server = Server::read(&url).map_err(|error| format!("{URL}: {error}"))?;
    let smtp = Smtp::new(Settings::new(server), Arc::clone(clock));
    smtp.map(Some).map_err(|error| error.to_string())
}

/// The mailer of `coc run`. What is wrong with its settings is told; mails are then sent by people.
pub(crate) fn mailer(clock: &Arc<dyn Clock>) -> Option<Arc<dyn Mailer>> {
    match configured(clock) {
        Ok(smtp) => smtp.map(|smtp| Arc::new(smtp) as Arc<dyn Mailer>),
        Err(why) => {
            out::note(&format!("⚠️ {why}\n메일은 COC가 직접 보냅니다."));
            None
        }
    }
}
