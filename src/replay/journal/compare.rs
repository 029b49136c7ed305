//! Two nights held against each other, case by case.

use super::instead::Other;
use super::story::{End, Key, Story};
use crate::domain::ids::Name;
use crate::domain::time::Time;
use chrono::TimeDelta;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How far apart two instants may be and still be told as the same: posts took their seconds in the real night.
const SAME_WITHIN: TimeDelta = TimeDelta::minutes(1);

/// One case as it was and as it would be.
#[derive(Clone, Debug, Serialize)]
pub struct CaseDiff {
    /// As recorded; `None` when there would be a case where there was none.
    pub was: Option<Story>,
    /// Under the other books; `None` when there would be no such case.
    pub would: Option<Story>,
    /// Whether order, people, times (to a minute) or ending differ.
    pub changed: bool,
    /// Whether the recorded books, played in the same way, come to what was recorded. Where they do not, a difference may be the
    /// simplification's.
    pub faithful: bool,
    /// Who would be reached and was not.
    pub newly_reached: Vec<Name>,
    /// Who was reached and would not be.
    pub no_longer_reached: Vec<Name>,
}

/// Compares the night that was (`recorded`) with the one under other books (`other`). `control` is the recorded night played in the
/// same way as `other`: it shows what the way of playing itself changes.
#[must_use]
pub fn compare(recorded: &[Story], control: &Other, other: &Other) -> Vec<CaseDiff> {
    let control = keyed(&control.stories);
    let mut other = keyed(&other.stories);
    let mut diffs = Vec::new();
    for (key, was) in in_order(recorded) {
        let faithful = control.get(&key).is_some_and(|control| same(was, control));
        diffs.push(diff(Some(was), other.remove(&key), faithful));
    }
    let mut new: Vec<&Story> = other.into_values().collect();
    new.sort_by_key(|story| story.case);
    diffs.extend(new.into_iter().map(|would| diff(None, Some(would), true)));
    diffs
}

/// A ticket may have been several cases: they are told apart by their order.
type Nth<'a> = (&'a Key, usize);

fn in_order(stories: &[Story]) -> Vec<(Nth<'_>, &Story)> {
    let mut seen: BTreeMap<&Key, usize> = BTreeMap::new();
    let mut numbered = Vec::with_capacity(stories.len());
    for story in stories {
        let nth = seen.entry(&story.key).or_default();
        *nth += 1;
        numbered.push(((&story.key, *nth), story));
    }
    numbered
}

fn keyed(stories: &[Story]) -> BTreeMap<Nth<'_>, &Story> {
    in_order(stories).into_iter().collect()
}

fn diff(was: Option<&Story>, would: Option<&Story>, faithful: bool) -> CaseDiff {
    let changed = match (was, would) {
        (Some(was), Some(would)) => !same(was, would),
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    };
    let people = |story: Option<&Story>| -> Vec<Name> {
        let mut names = Vec::new();
        for one in story.map_or(&[][..], |story| &story.reached) {
            if !names.contains(&one.who) {
                names.push(one.who.clone());
            }
        }
        names
    };
    let (then, now) = (people(was), people(would));
    CaseDiff {
        was: was.cloned(),
        would: would.cloned(),
        changed,
        faithful,
        newly_reached: now.iter().filter(|who| !then.contains(who)).cloned().collect(),
        no_longer_reached: then.iter().filter(|who| !now.contains(who)).cloned().collect(),
    }
}

/// Whether people would tell the two in the same words.
fn same(one: &Story, other: &Story) -> bool {
    let calls = one.reached.len() == other.reached.len()
        && one.reached.iter().zip(&other.reached).all(|(one, other)| {
            let answers = match (&one.answer, &other.answer) {
                (None, None) => true,
                (Some(one), Some(other)) => one.how == other.how && near(one.at, other.at),
                (Some(_), None) | (None, Some(_)) => false,
            };
            one.who == other.who && near(one.at, other.at) && answers
        });
    one.customer == other.customer
        && one.order == other.order
        && calls
        && ends(&one.end, &other.end)
}

fn near(one: Time, other: Time) -> bool {
    (one - other).abs() < SAME_WITHIN
}

fn ends(one: &End, other: &End) -> bool {
    match (one, other) {
        (End::Open, End::Open) | (End::Assigned { .. }, End::Assigned { .. }) => true,
        (End::Queued { until: one }, End::Queued { until: other })
        | (End::Exhausted { at: one }, End::Exhausted { at: other })
        | (End::Closed { at: one }, End::Closed { at: other }) => near(*one, *other),
        (End::Taken { by, at, how }, End::Taken { by: their, at: when, how: way }) => {
            by == their && near(*at, *when) && how == way
        }
        (
            End::Open
            | End::Queued { .. }
            | End::Taken { .. }
            | End::Exhausted { .. }
            | End::Assigned { .. }
            | End::Closed { .. },
            _,
        ) => false,
    }
}

impl fmt::Display for CaseDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = self.was.as_ref().or(self.would.as_ref()).map(Story::title).unwrap_or_default();
        if !self.changed {
            return write!(f, "{title}: 같습니다.");
        }
        write!(f, "{title}: 달라집니다.")?;
        let none = || "그런 사건이 없음".to_owned();
        let line = |f: &mut fmt::Formatter<'_>, what: &str, of: fn(&Story) -> String| {
            let was = self.was.as_ref().map_or_else(none, of);
            let would = self.would.as_ref().map_or_else(none, of);
            if was == would {
                write!(f, "\n    {what}: {was} (같음)")
            } else {
                write!(f, "\n    {what} 기록: {was}\n    {what} 변경: {would}")
            }
        };
        if [&self.was, &self.would].into_iter().flatten().any(|story| !story.order.is_empty()) {
            line(f, "순서", Story::order)?;
        }
        line(f, "연락", Story::calls)?;
        line(f, "결과", Story::outcome)?;
        let names = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        if !self.newly_reached.is_empty() {
            write!(f, "\n    새로 연락을 받는 사람: {}", names(&self.newly_reached))?;
        }
        if !self.no_longer_reached.is_empty() {
            write!(f, "\n    연락을 받지 않게 되는 사람: {}", names(&self.no_longer_reached))?;
        }
        if !self.faithful {
            write!(
                f,
                "\n    ⚠️ 이 사건은 기록된 파일로 다시 돌려도 기록과 다릅니다. 차이가 파일 때문이 아닐 수 있습니다."
            )?;
        }
        Ok(())
    }
}
