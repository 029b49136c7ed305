//! Why a text of AWS cannot be read.

/// It lacks what makes it one.
#[must_use]
pub fn lacks(what: &str, field: &str) -> String {
    format!("{what} 알림이지만 {field} 값이 없습니다")
}

/// An alarm in a state that does not exist.
#[must_use]
pub fn odd_state(read: &str) -> String {
    format!(
        "CloudWatch 알람의 상태를 알 수 없습니다. 읽은 값: \"{read}\", 쓸 수 있는 값: OK, ALARM, INSUFFICIENT_DATA"
    )
}

/// A severity that is none.
#[must_use]
pub fn odd_severity(read: &str) -> String {
    format!("GuardDuty 심각도를 읽지 못했습니다. 읽은 값: \"{read}\", 예: 8.0")
}

/// An event of a known service that tells nothing to propagate.
#[must_use]
pub fn other_event(kind: &str) -> String {
    format!("전파 대상이 아닌 종류의 이벤트입니다: {kind}")
}

/// Nothing that is known.
#[must_use]
pub fn unknown(kind: Option<&str>) -> String {
    match kind {
        Some(kind) => format!("아는 형식의 알람이 아닙니다 ({kind})"),
        None => "아는 형식의 알람이 아닙니다".to_owned(),
    }
}
