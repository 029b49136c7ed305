//! Logs go to stderr, as lines for people or, with `COC_LOG_FORMAT=json`, for machines.

use crate::adapters::slack::QUIET;
use tracing_subscriber::EnvFilter;

/// Starts logging. `RUST_LOG` chooses what is said; the Slack library stays quiet, for it logs whole messages.
pub(crate) fn start(usual: &str) {
    let wanted = std::env::var("RUST_LOG").unwrap_or_else(|_| usual.to_owned());
    let filter = EnvFilter::try_new(format!("{wanted},{QUIET}"))
        .unwrap_or_else(|_| EnvFilter::new(format!("{usual},{QUIET}")));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // a second start, as in tests, leaves the first in place
    if std::env::var("COC_LOG_FORMAT").is_ok_and(|format| format == "json") {
        let _ = logs.json().try_init();
    } else {
        let _ = logs.with_target(false).try_init();
    }
}
