//! What the desk remembers of alarms besides its cases: when each metric last hit (M5), and what was recorded without a call.

use super::aws::Metric;
use super::ids::AccountId;
use super::policy::AlarmLevel;
use super::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// 동일 메트릭 (reading 17): customer, account, region, resource and metric; of metric math, composite alarms and those that people
/// enter the alarm's name instead. In one text, so that it can name an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MetricKey(String);

/// Between the parts of a key; stands in no name.
const BETWEEN: &str = "\u{1f}";

impl MetricKey {
    /// The key of an alarm of this customer.
    #[must_use]
    pub fn of(
        customer: &str,
        account: Option<&AccountId>,
        region: &str,
        metric: &Metric,
        alarm: &str,
    ) -> Self {
        let account = account.map(ToString::to_string).unwrap_or_default();
        // its expressions and its rule tell no two such alarms apart
        let own = if metric.namespace.is_empty() { alarm } else { "" };
        let mut parts = vec![customer, &account, region, &metric.namespace, &metric.name, own];
        parts.extend(metric.dimensions.iter().map(String::as_str));
        Self(parts.join(BETWEEN))
    }
}

/// One hit of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// When, by the alarm's own time where that can be believed.
    pub at: Time,
    /// Which alarm.
    pub alarm: String,
    /// When it was told.
    #[serde(default)]
    pub told: Time,
}

/// Something that called nobody, for `/coc alarms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When.
    pub at: Time,
    /// The customer; empty when unknown.
    pub customer: String,
    /// The alarm's or finding's name.
    pub name: String,
    /// Its level; `None` of findings.
    pub level: Option<AlarmLevel>,
    /// Why it called nobody.
    pub why: Why,
}

/// Why something called nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// L1 (M5).
    Low,
    /// The first hit of an L2 within its window (M5).
    First,
    /// The environment is not production (M2).
    NotProduction,
    /// All is well again, of no open incident.
    Fine,
    /// The alarm does not know.
    NoData,
    /// An alarm that was told already, by another way.
    Known,
    /// A finding that somebody had made for a test.
    Sample,
    /// A finding of a customer with whom nothing was agreed (G1).
    NotAgreed,
    /// A finding of low severity (G2).
    LowSeverity,
    /// A finding whose case was closed a short while ago.
    Closed,
}

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarms {
    hits: BTreeMap<MetricKey, VecDeque<Hit>>,
    recorded: VecDeque<Recorded>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlarmsChange {
    /// A metric hit.
    Hit {
        /// Which.
        key: MetricKey,
        /// When, and which alarm.
        hit: Hit,
        /// What is older counts no more and may be forgotten.
        before: Time,
    },
    /// Something called nobody.
    Recorded(Box<Recorded>),
}

/// How many hits of a metric are kept: two make an incident, more are of use only where they come late or out of order.
const HITS_KEPT: usize = 8;
/// How many metrics are kept before old ones are looked for, and how many at the most.
const METRICS_SWEPT: usize = 512;
const METRICS_KEPT: usize = 20_000;
/// How many recorded alarms are kept; the journal keeps all.
const RECORDED_KEPT: usize = 500;

impl Alarms {
    /// Takes a step.
    pub fn apply(&mut self, change: &AlarmsChange) {
        match change {
            AlarmsChange::Hit { key, hit, before } => {
                if !self.hits.contains_key(key) {
                    self.make_room(*before);
                }
                let hits = self.hits.entry(key.clone()).or_default();
                hits.push_back(hit.clone());
                if hits.len() > HITS_KEPT {
                    hits.pop_front();
                }
            }
            AlarmsChange::Recorded(one) => {
                self.recorded.push_back((**one).clone());
                if self.recorded.len() > RECORDED_KEPT {
                    self.recorded.pop_front();
                }
            }
        }
    }

    fn make_room(&mut self, before: Time) {
        if self.hits.len() % METRICS_SWEPT == METRICS_SWEPT - 1 {
            self.hits.retain(|_, hits| hits.iter().any(|hit| hit.at >= before));
        }
        if self.hits.len() >= METRICS_KEPT {
            let oldest = |(_, hits): &(&MetricKey, &VecDeque<Hit>)| hits.back().map(|hit| hit.at);
            let gone = self.hits.iter().min_by_key(oldest).map(|(key, _)| key.clone());
            gone.and_then(|key| self.hits.remove(&key));
        }
    }

    /// Whether the metric hit within `window` of `at`, end included (M5): the second hit of the window is at hand.
    #[must_use]
    pub fn hit_near(&self, key: &MetricKey, at: Time, window: chrono::TimeDelta) -> bool {
        self.hits.get(key).is_some_and(|hits| hits.iter().any(|hit| (at - hit.at).abs() <= window))
    }

    /// When this very change of state was last told, by whichever way.
    #[must_use]
    pub fn last_told(&self, key: &MetricKey, alarm: &str, at: Time) -> Option<Time> {
        let hits = self.hits.get(key)?.iter();
        hits.filter(|hit| hit.alarm == alarm && hit.at == at).map(|hit| hit.told).max()
    }

    /// What called nobody, newest first.
    pub fn recorded(&self) -> impl Iterator<Item = &Recorded> {
        self.recorded.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::domain::time::seoul;
    use chrono::{NaiveDate, TimeDelta};

    fn at(minutes: i64) -> Time {
        let start = NaiveDate::from_ymd_opt(2025, 8, 5).unwrap().and_hms_opt(10, 0, 0).unwrap();
        seoul(start) + TimeDelta::minutes(minutes)
    }

    fn key(nth: usize) -> MetricKey {
        let metric = Metric {
            namespace: "AWS/EC2".to_owned(),
            name: "CPUUtilization".to_owned(),
            dimensions: vec![format!("InstanceId=i-{nth}")],
        };
        MetricKey::of("한빛전자", None, "ap-northeast-2", &metric, "prod")
    }

    #[test]
    fn the_register_forgets_and_has_an_end() {
        let mut alarms = Alarms::default();
        for nth in 0..2_000 {
            let now = at(i64::try_from(nth).unwrap());
            let hit = Hit { at: now, alarm: "prod".to_owned(), told: now };
            let before = now - TimeDelta::hours(1);
            alarms.apply(&AlarmsChange::Hit { key: key(nth), hit, before });
        }
        assert!(alarms.hits.len() < METRICS_SWEPT + 61, "{}", alarms.hits.len());
        assert!(alarms.hit_near(&key(1_999), at(1_999), TimeDelta::hours(1)));
        for _ in 0..100 {
            let hit = Hit { at: at(2_000), alarm: "prod".to_owned(), told: at(2_000) };
            alarms.apply(&AlarmsChange::Hit { key: key(0), hit, before: at(1_940) });
        }
        assert_eq!(alarms.hits[&key(0)].len(), HITS_KEPT);
    }

    #[test]
    fn what_makes_a_metric_the_same() {
        let metric = |name: &str, namespace: &str| Metric {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: vec!["InstanceId=i-1".to_owned()],
        };
        let of = |metric: &Metric, alarm: &str| {
            MetricKey::of("한빛전자", None, "ap-northeast-2", metric, alarm)
        };
        let (cpu, memory) = (metric("CPUUtilization", "AWS/EC2"), metric("mem", "CWAgent"));
        assert_eq!(of(&cpu, "high"), of(&cpu, "very high"), "two alarms over one metric");
        assert_ne!(of(&cpu, "high"), of(&memory, "high"));
        let math = metric("m1/m2", "");
        assert_ne!(of(&math, "one"), of(&math, "other"), "metric math: the alarm itself");
    }
}
