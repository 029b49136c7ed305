//! `coc explain assign`: who would get a ticket now (A1, A2).

use super::Files;
use crate::cli::{Done, Failure, Folders, values};
use crate::domain::ids::Name;
use crate::domain::time::Time;
use std::collections::BTreeMap;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// 고객사 명 또는 별칭
    #[arg(long, value_name = "NAME")]
    customer: Option<String>,
    /// 사람별 보유 티켓 수 (예: "가온별=3,다솜윤=1")
    #[arg(long, value_name = "NAME=N,...", value_parser = counts)]
    tickets: Option<BTreeMap<Name, u32>>,
    /// 기준 시각 (예: "2025-08-05 10:00", 시간대가 없으면 서울)
    #[arg(long, value_name = "TIME", value_parser = values::instant)]
    at: Time,
    /// 결과를 JSON 문서 하나로 보입니다
    #[arg(long)]
    json: bool,
}

pub(super) fn run(_args: &Args, _files: &Files, _folders: &Folders) -> Done {
    Err(Failure::absent("explain assign"))
}

/// Active tickets by name: `가온별=3,다솜윤=1`.
fn counts(text: &str) -> Result<BTreeMap<Name, u32>, String> {
    let mut counts = BTreeMap::new();
    for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
        let said = |why: &str| format!("읽은 값: \"{entry}\". {why} 예: \"가온별=3,다솜윤=1\"");
        let read = entry.split_once('=').map(|(name, count)| (name.trim(), count.trim().parse()));
        let Some((name, Ok(count))) = read.filter(|(name, _)| !name.is_empty()) else {
            return Err(said("이름=숫자로 적어 주십시오."));
        };
        if counts.insert(Name::from(name), count).is_some() {
            return Err(said("한 사람은 한 번만 적어 주십시오."));
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_by_name() {
        let expected =
            [("가온별", 3), ("다솜윤", 0)].map(|(name, count)| (Name::from(name), count));
        assert_eq!(counts("가온별=3, 다솜윤 = 0,"), Ok(BTreeMap::from(expected)));
        assert_eq!(counts(""), Ok(BTreeMap::new()));
    }

    #[test]
    fn a_count_that_is_none_is_refused_with_an_example() {
        for text in ["가온별", "가온별=", "=3", "가온별=-1", "가온별=세", "가온별=1,가온별=2"]
        {
            let said = counts(text).err().unwrap_or_default();
            assert!(said.starts_with("읽은 값: ") && said.contains("예: "), "{text}: {said}");
        }
    }
}
