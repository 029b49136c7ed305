//! What is the same but for what follows from a name's being another: where people are listed by name, an alias stands elsewhere than the
//! name did, and another particle follows it (`오하라를`, `퇴사자-1을`).

use serde_json::Value;
use std::collections::BTreeSet;

/// Particles that differ with the last sound before them, each with the one that stands for both.
const PARTICLES: [(&str, &str); 6] =
    [("를", "을"), ("가", "이"), ("는", "은"), ("와", "과"), ("으로", "로"), ("이라", "라")];

/// Whether two lists of changes are the same when everything that holds an alias is taken without its order, the words of a text and
/// the items of a list, and without the choice of the particle behind it.
pub(super) fn same_but_for_names(
    aliases: &BTreeSet<String>,
    one: &[Value],
    other: &[Value],
) -> bool {
    let even = |values: &[Value]| values.iter().map(|value| evened(aliases, value).0).collect();
    let (one, other): (Vec<Value>, Vec<Value>) = (even(one), even(other));
    one == other
}

/// The value without that order, and whether an alias is in it.
fn evened(aliases: &BTreeSet<String>, value: &Value) -> (Value, bool) {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => (value.clone(), false),
        Value::String(text) => {
            let held = aliases.iter().any(|alias| text.contains(alias.as_str()));
            if !held {
                return (value.clone(), false);
            }
            let mut letters: Vec<char> = one_particle(aliases, text).chars().collect();
            letters.sort_unstable();
            (Value::String(letters.into_iter().collect()), true)
        }
        Value::Array(items) => {
            let (mut items, held): (Vec<Value>, Vec<bool>) =
                items.iter().map(|item| evened(aliases, item)).unzip();
            let held = held.contains(&true);
            if held {
                items.sort_by_cached_key(ToString::to_string);
            }
            (Value::Array(items), held)
        }
        Value::Object(members) => {
            let mut held = false;
            let members = members.iter().map(|(key, value)| {
                let (value, holds) = evened(aliases, value);
                held |= holds || aliases.contains(key);
                (key.clone(), value)
            });
            (Value::Object(members.collect()), held)
        }
    }
}

/// The text with the same particle behind an alias whatever its last sound is; a quotation mark may stand between.
fn one_particle(aliases: &BTreeSet<String>, text: &str) -> String {
    let mut text = text.to_owned();
    for alias in aliases {
        for mark in ["", "\"", "\\\""] {
            for (one, both) in PARTICLES {
                let to = format!("{alias}{mark}{both}");
                text = text.replace(&format!("{alias}{mark}{one}"), &to);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_holds_an_alias_may_have_another_order_or_particle() {
        let aliases = BTreeSet::from(["퇴사자-1".to_owned()]);
        let same = |one: Value, other: Value| same_but_for_names(&aliases, &[one], &[other]);
        let list = |text: &str| json!({"post": {"text": text}});
        assert!(same(list("퇴사자-1 1건, 나래솔 2건"), list("나래솔 2건, 퇴사자-1 1건")));
        assert!(!same(list("퇴사자-1 1건, 나래솔 2건"), list("나래솔 1건, 퇴사자-1 3건")));
        assert!(!same(list("다솜윤 1건, 나래솔 2건"), list("나래솔 2건, 다솜윤 1건")));
        assert!(same(list("퇴사자-1을 \"퇴사자-1\"이"), list("퇴사자-1를 \"퇴사자-1\"가")));
        assert!(!same(list("퇴사자-1 다솜윤을"), list("퇴사자-1 다솜윤를")));
        assert!(same(json!([["퇴사자-1"], ["나래솔"]]), json!([["나래솔"], ["퇴사자-1"]])));
        assert!(!same(json!([["다솜윤"], ["나래솔"]]), json!([["나래솔"], ["다솜윤"]])));
        assert!(!same(json!([["퇴사자-1"], ["나래솔"]]), json!([["나래솔"]])));
    }
}
