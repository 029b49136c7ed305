//! The customer record: FitCloud's (`FITCLOUD_URL`, `FITCLOUD_TOKEN`), or the data folder's `customers.csv`.

use crate::adapters::customers_csv::CustomersCsv;
use crate::adapters::fitcloud::{FitCloud, Settings, Token};
use crate::adapters::http::Base;
use crate::cli::out;
use crate::cli::settings::setting;
use crate::domain::books::BookFile;
use crate::ports::{Clock, CustomerSource};
use std::path::Path;
use std::sync::Arc;

/// Where FitCloud answers.
pub(crate) const URL: &str = "FITCLOUD_URL";
/// What it lets us in by.
pub(crate) const TOKEN: &str = "FITCLOUD_TOKEN";

const EXAMPLE: &str = "https://fitcloud.example.com/api";

/// FitCloud as it is set up; `None` where it is not.
///
/// # Errors
/// What is missing or wrong in the settings, in Korean and without secrets.
pub(crate) fn configured(clock: &Arc<dyn Clock>) -> Result<Option<FitCloud>, String> {
    let had = |name| setting(name).map_err(|error| error.to_string());
    let (url, token) = match (had(URL)?, had(TOKEN)?) {
        (None, None) => return Ok(None),
        (Some(_), None) => return Err(format!("{URL}만 있습니다. {TOKEN}도 필요합니다.")),
        (None, Some(_)) => {
            return Err(format!("{TOKEN}만 있습니다. {URL}도 필요합니다. 예: {EXAMPLE}"));
        }
        (Some(url), Some(token)) => (url, token),
    };
    let base = Base::read(&url, EXAMPLE).map_err(|error| format!("{URL}: {error}"))?;
    let token = Token::read(&token).map_err(|error| format!("{TOKEN}: {error}"))?;
    let fitcloud = FitCloud::new(Settings::new(base, token), Arc::clone(clock));
    fitcloud.map(Some).map_err(|error| format!("믿을 인증서를 읽을 수 없습니다 ({error})"))
}

/// The data folder's file.
pub(crate) fn file(data: &Path, clock: &Arc<dyn Clock>) -> CustomersCsv {
    CustomersCsv::new(&data.join(BookFile::Customers.name()), Arc::clone(clock))
}

/// The source of `coc run`. What is wrong with FitCloud's settings is told; the file holds then.
pub(crate) fn source(data: &Path, clock: &Arc<dyn Clock>) -> Source {
    match configured(clock) {
        Ok(Some(fitcloud)) => return Source::FitCloud(Arc::new(fitcloud)),
        Ok(None) => {}
        Err(why) => {
            out::note(&format!("⚠️ {why}\n고객 기록은 데이터 폴더의 customers.csv를 씁니다."));
        }
    }
    // a desk that never had such a file works without customers, and need not be told of it every day
    if data.join(BookFile::Customers.name()).exists() {
        Source::File(Arc::new(file(data, clock)))
    } else {
        Source::None
    }
}

/// Where the customer record of `coc run` comes from.
pub(crate) enum Source {
    /// The data folder's own text is not the record then.
    FitCloud(Arc<dyn CustomerSource>),
    /// The data folder's file, watched.
    File(Arc<dyn CustomerSource>),
    /// There is none.
    None,
}
