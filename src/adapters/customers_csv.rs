//! The customer record as a file of the data folder, looked at again and again: also a network share's file, which tells nobody of
//! its changes.

use crate::domain::input::CustomerRecord;
use crate::domain::time::{Time, in_seoul};
use crate::ports::{Clock, CustomerSource, PortError};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(5);

/// A file that looks the same after so long is not being written any more.
const SETTLES: Duration = Duration::from_secs(1);

/// A start need not wait for a file that nobody has written for so long.
const RESTS: TimeDelta = TimeDelta::minutes(1);

/// How the file is named in sentences.
const FILE: &str = "customers.csv";

/// By what a change is seen without reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

impl Stamp {
    fn as_of(self) -> Time {
        in_seoul(&DateTime::<Utc>::from(self.modified))
    }
}

/// `customers.csv`. As of when it is right is when it was last written.
pub struct CustomersCsv {
    path: PathBuf,
    clock: Arc<dyn Clock>,
    settles: Duration,
    /// As it was last read.
    taken: Mutex<Option<(Stamp, CustomerRecord)>>,
}

impl fmt::Debug for CustomersCsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomersCsv").field("path", &self.path).finish_non_exhaustive()
    }
}

impl CustomersCsv {
    /// The file at `path`.
    #[must_use]
    pub fn new(path: &Path, clock: Arc<dyn Clock>) -> Self {
        Self { path: path.to_owned(), clock, settles: SETTLES, taken: Mutex::new(None) }
    }

    /// Whether a file that was never read before has been left alone for long.
    fn rests(&self, stamp: Stamp) -> bool {
        self.taken().is_none() && self.clock.now() - stamp.as_of() >= RESTS
    }

    fn taken(&self) -> Option<(Stamp, CustomerRecord)> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn stamp(&self) -> Result<Stamp, PortError> {
        let about = tokio::fs::metadata(&self.path).await.map_err(|error| not_had(&error))?;
        let modified = about.modified().map_err(|error| not_had(&error))?;
        Ok(Stamp { modified, length: about.len() })
    }
}

#[async_trait]
impl CustomerSource for CustomersCsv {
    async fn read(&self) -> Result<CustomerRecord, PortError> {
        let before = self.stamp().await?;
        if let Some((stamp, record)) = self.taken()
            && stamp == before
        {
            return Ok(record);
        }
        // whoever writes it may be in the middle: half a file is no record
        if !self.rests(before) {
            tokio::time::sleep(self.settles).await;
        }
        if self.stamp().await? != before {
            return being_written(self.taken());
        }
        let bytes = tokio::fs::read(&self.path).await.map_err(|error| not_had(&error))?;
        if self.stamp().await? != before {
            return being_written(self.taken());
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let good = error.utf8_error().valid_up_to();
            let line =
                error.as_bytes().iter().take(good).filter(|byte| **byte == b'\n').count() + 1;
            later(format!("{line}행에 UTF-8이 아닌 글자가 있습니다. UTF-8로 다시 저장해 주십시오"))
        })?;
        // a copy that was begun and a disk that is full leave the same: this is not the wish to have no customer
        if text.trim_start_matches('\u{feff}').trim().is_empty() {
            return Err(later(
                "내용이 비어 있습니다. 고객이 한 곳도 없다면 머리글만 적어 주십시오".to_owned(),
            ));
        }
        let record = CustomerRecord { text, as_of: before.as_of() };
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some((before, record.clone()));
        Ok(record)
    }

    fn every(&self) -> Duration {
        EVERY
    }
}

/// The next look may find it whole.
fn being_written(known: Option<(Stamp, CustomerRecord)>) -> Result<CustomerRecord, PortError> {
    let known = known.map(|(_, record)| record);
    known.ok_or_else(|| later("파일이 쓰이는 중입니다".to_owned()))
}

fn later(why: String) -> PortError {
    PortError::Transient { why: format!("{FILE}: {why}"), retry_after: None }
}

fn not_had(error: &io::Error) -> PortError {
    if error.kind() == ErrorKind::NotFound {
        later("파일이 없습니다. 데이터 폴더에 다시 넣어 주십시오".to_owned())
    } else {
        later(format!("파일을 읽을 수 없습니다 ({error}). 권한을 확인해 주십시오"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::fs::{self, File};
    use std::io::Write;

    const HEADER: &str = "name,aliases,grade\n";

    /// A clock that stands at 22:00:30.
    struct Stands;

    #[async_trait]
    impl Clock for Stands {
        fn now(&self) -> Time {
            in_seoul(&DateTime::from_timestamp(1_754_398_830, 0).unwrap())
        }

        async fn sleep_until(&self, _at: Option<Time>) {
            panic!("a source does not wait by the desk's clock");
        }
    }

    struct Bench {
        _folder: tempfile::TempDir,
        path: PathBuf,
        source: CustomersCsv,
    }

    impl Bench {
        fn new(text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("customers.csv");
            let source = CustomersCsv {
                settles: Duration::from_millis(200),
                ..CustomersCsv::new(&path, Arc::new(Stands))
            };
            let bench = Self { _folder: folder, path, source };
            bench.write(text.as_bytes(), 1_754_398_800);
            bench
        }

        fn write(&self, bytes: &[u8], modified: u64) {
            fs::write(&self.path, bytes).unwrap();
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(modified);
            File::options().append(true).open(&self.path).unwrap().set_modified(at).unwrap();
        }

        async fn refused(&self) -> String {
            match self.source.read().await.unwrap_err() {
                PortError::Transient { why, .. } => why,
                error @ (PortError::Unknown { .. }
                | PortError::NotYet { .. }
                | PortError::Permanent { .. }) => {
                    panic!("{error:?}")
                }
            }
        }
    }

    #[tokio::test]
    async fn it_is_right_as_of_when_it_was_written_and_a_change_is_seen() {
        let bench = Bench::new(HEADER);
        let first = bench.source.read().await.unwrap();
        assert_eq!(first.text, HEADER);
        assert_eq!(first.as_of.to_rfc3339(), "2025-08-05T22:00:00+09:00");
        assert_eq!(bench.source.read().await.unwrap(), first);
        let more = format!("{HEADER}한빛전자,,일반\n");
        bench.write(more.as_bytes(), 1_754_398_860);
        let second = bench.source.read().await.unwrap();
        assert_eq!(second.text, more);
        assert_eq!(second.as_of.to_rfc3339(), "2025-08-05T22:01:00+09:00");
        // as long as before and no later: the time alone tells
        bench.write(more.replace("한빛전자", "은하물류").as_bytes(), 1_754_398_800);
        assert!(bench.source.read().await.unwrap().text.contains("은하물류"));
    }

    #[tokio::test]
    async fn a_file_that_is_being_written_is_taken_when_it_is_whole() {
        let mut bench = Bench::new(HEADER);
        let known = bench.source.read().await.unwrap();
        // longer than the writer ever rests
        bench.source.settles = SETTLES;
        let path = bench.path.clone();
        let writer = std::thread::spawn(move || {
            let mut file = File::create(&path).unwrap();
            for row in 0..10 {
                file.write_all(format!("고객{row},,일반\n").as_bytes()).unwrap();
                file.sync_all().unwrap();
                std::thread::sleep(Duration::from_millis(60));
            }
        });
        // the old one holds meanwhile
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(bench.source.read().await.unwrap(), known);
        writer.join().unwrap();
        let whole = bench.source.read().await.unwrap();
        assert!(whole.text.starts_with("고객0") && whole.text.ends_with("고객9,,일반\n"));
    }

    #[tokio::test]
    async fn a_start_waits_for_a_fresh_file_alone() {
        for (modified, waits) in [(1_754_398_000, false), (1_754_398_829, true)] {
            let mut bench = Bench::new(HEADER);
            bench.source.settles = Duration::from_secs(600);
            bench.write(HEADER.as_bytes(), modified);
            let read = tokio::time::timeout(Duration::from_secs(2), bench.source.read()).await;
            assert_eq!(read.is_err(), waits, "{modified}");
        }
    }

    #[tokio::test]
    async fn what_cannot_be_had_is_said_and_found_again() {
        let bench = Bench::new(HEADER);
        let known = bench.source.read().await.unwrap();
        fs::remove_file(&bench.path).unwrap();
        assert!(bench.refused().await.contains("파일이 없습니다"));
        bench.write(b"name\n\xc7\xd1,", 1_754_398_900);
        assert!(bench.refused().await.contains("2행에 UTF-8이 아닌"));
        bench.write(b" \n", 1_754_398_900);
        assert!(bench.refused().await.contains("비어 있습니다"));
        fs::remove_file(&bench.path).unwrap();
        fs::create_dir(&bench.path).unwrap();
        assert!(bench.refused().await.contains("읽을 수 없습니다"));
        fs::remove_dir(&bench.path).unwrap();
        bench.write(HEADER.as_bytes(), 1_754_398_800);
        assert_eq!(bench.source.read().await.unwrap(), known);
    }

    #[tokio::test]
    async fn a_bad_file_is_handed_on_for_the_desk_to_say_what_is_wrong() {
        let bench = Bench::new("이름,등급\n");
        assert_eq!(bench.source.read().await.unwrap().text, "이름,등급\n");
    }
}
