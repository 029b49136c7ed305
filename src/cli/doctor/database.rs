//! The database that several machines share: whether it answers, and whether the journal in it is whole.

use super::{Check, State};
use crate::journal::{self, JournalError, Postgres, Store};

/// What an opened database holds.
fn looked_at(url: &str) -> Result<u64, JournalError> {
    let store = Postgres::open(url)?;
    if store.last()?.is_none() {
        return Ok(0);
    }
    let end = journal::walk(&store, 0, |_, _| {})?;
    journal::check_witnesses(&store, end)?;
    Ok(end.seq)
}

/// The check of `DATABASE_URL`.
pub(super) fn check(url: &str) -> Check {
    let found = match looked_at(url) {
        Ok(0) => (State::Ok, "쓸 수 있습니다. 저널은 첫 실행 때 만듭니다.".to_owned()),
        Ok(records) => (State::Ok, format!("저널이 온전합니다. 기록 {records}건.")),
        Err(error) => (State::Missing, error.to_string()),
    };
    Check::of("데이터베이스", found)
}
