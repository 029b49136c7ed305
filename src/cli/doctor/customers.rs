//! The customer record's part of `coc doctor`: it is read from where it comes from, and held against the other books.

use super::{Check, State, wait_for};
use crate::cli::books::{Overrides, load_what_is_there};
use crate::cli::wiring::customers::{configured, file};
use crate::domain::books::{BookError, BookFile, ReadBooks, read_books};
use crate::domain::input::CustomerRecord;
use crate::ports::{Clock, CustomerSource, PortError};
use crate::service::WallClock;
use std::path::Path;
use std::sync::Arc;

const WHAT: &str = "고객 기록";

/// Reads the record from FitCloud where that is configured, else from the data folder.
pub(super) fn check(data: &Path) -> Check {
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let (from, read) = match configured(&clock) {
        Err(why) => return told(State::Missing, why),
        Ok(Some(fitcloud)) => ("FitCloud", wait_for(fitcloud.read())),
        Ok(None) if !Overrides::default().path(data, BookFile::Customers).exists() => {
            let why = "customers.csv도 FitCloud 설정도 없습니다. 모든 고객을 일반으로 봅니다.";
            return told(State::Doubt, why.to_owned());
        }
        Ok(None) => ("customers.csv", wait_for(file(data, &clock).read())),
    };
    match read {
        Err(why)
        | Ok(Err(
            PortError::Transient { why, .. }
            | PortError::Permanent { why }
            | PortError::NotYet { why }
            | PortError::Unknown { why },
        )) => told(State::Missing, why),
        Ok(Ok(record)) => judged(data, from, record, &clock),
    }
}

fn told(state: State, text: String) -> Check {
    Check { what: WHAT, state, text }
}

/// The record as the desk would take it, among the other books as they are.
fn judged(data: &Path, from: &str, record: CustomerRecord, clock: &Arc<dyn Clock>) -> Check {
    let now = clock.now();
    let as_of = record.as_of;
    let Ok(mut books) = load_what_is_there(data) else {
        let why = format!("{from}에서 읽었습니다. 데이터 폴더에 고칠 것이 있어 견주지 못했습니다.");
        return told(State::Untried, why);
    };
    books.customers = record.text;
    let ReadBooks { policy, customers, warnings, .. } = match read_books(&books, now.date_naive()) {
        Ok(read) => read,
        Err(errors) => return refused(from, &errors),
    };
    let doubts = warnings.iter().filter(|warning| warning.file == BookFile::Customers).count();
    let count = customers.0.len();
    let read = format!(
        "{from}에서 고객 {count}곳을 읽었습니다 ({} 기준). 확인할 것 {doubts}건.",
        as_of.format("%Y-%m-%d %H:%M")
    );
    if now - as_of > policy.customers.stale_after.delta() {
        let days = (now - as_of).num_days();
        return told(State::Doubt, format!("{read} {days}일 전 것입니다. 새로 받아 주십시오."));
    }
    told(State::Ok, read)
}

fn refused(from: &str, errors: &[BookError]) -> Check {
    let own: Vec<&BookError> =
        errors.iter().filter(|error| error.file == BookFile::Customers).collect();
    let Some(first) = own.first() else {
        let why = format!("{from}에서 읽었습니다. 데이터 폴더에 고칠 것이 있어 견주지 못했습니다.");
        return told(State::Untried, why);
    };
    let line = first.line.map(|line| format!("{line}행: ")).unwrap_or_default();
    let text = format!("{from}: 고칠 것이 {}건 있습니다. {line}{}", own.len(), first.text);
    told(State::Missing, text)
}
