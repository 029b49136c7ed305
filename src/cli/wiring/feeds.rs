//! AWS's status feeds (`AWS_STATUS_URL`).

use crate::adapters::feeds::{AwsStatus, RSS, TIME_OUT};
use crate::adapters::http::Base;
use crate::cli::out;
use crate::cli::settings::setting;
use crate::ports::Feeds;
use std::sync::Arc;

/// Where the RSS feed is; `off`: it is not read.
pub(crate) const URL: &str = "AWS_STATUS_URL";
const OFF: &str = "off";

/// What the setting says.
pub(crate) enum Chosen {
    /// Nothing.
    Default,
    /// The feed is not read.
    Off,
    /// It is read there.
    At(Base),
}

/// What the setting says.
///
/// # Errors
/// What is wrong with it, in Korean.
pub(crate) fn chosen() -> Result<Chosen, String> {
    let Some(url) = setting(URL).map_err(|error| error.to_string())? else {
        return Ok(Chosen::Default);
    };
    if url.trim().eq_ignore_ascii_case(OFF) {
        return Ok(Chosen::Off);
    }
    let base = Base::read(&url, RSS);
    base.map(Chosen::At).map_err(|error| format!("{URL}: {error}"))
}

/// The feeds as they are set up; AWS's own where nothing is said. `None`: they are not read.
///
/// # Errors
/// What is wrong with the setting, in Korean.
pub(crate) fn configured() -> Result<Option<AwsStatus>, String> {
    let base = match chosen()? {
        Chosen::Off => return Ok(None),
        Chosen::At(base) => base,
        Chosen::Default => Base::read(RSS, RSS).map_err(|error| error.to_string())?,
    };
    Ok(Some(AwsStatus::new(base, TIME_OUT)))
}

/// The feeds of `coc run`. What is wrong with the setting is told, and the desk goes on without.
pub(crate) fn feeds() -> Option<Arc<dyn Feeds>> {
    told(configured())
}

/// The feeds of the practice workspace: only where the setting names them, for practice goes nowhere by itself.
pub(crate) fn feeds_of_practice() -> Option<Arc<dyn Feeds>> {
    match chosen() {
        Ok(Chosen::Default | Chosen::Off) => None,
        Ok(Chosen::At(base)) => Some(Arc::new(AwsStatus::new(base, TIME_OUT))),
        Err(why) => told(Err(why)),
    }
}

fn told(configured: Result<Option<AwsStatus>, String>) -> Option<Arc<dyn Feeds>> {
    match configured {
        Ok(feeds) => feeds.map(|feeds| Arc::new(feeds) as Arc<dyn Feeds>),
        Err(why) => {
            out::note(&format!(
                "⚠️ {why}\nAWS 상태 피드 없이 시작합니다. COC가 상태 화면을 직접 확인합니다."
            ));
            None
        }
    }
}
