//! What people read of any case in lists.

use super::super::case::Procedure;

/// What it is, and whose: `긴급 [한빛전자]`.
#[must_use]
pub fn title(procedure: &Procedure) -> String {
    let what = match procedure {
        Procedure::Urgent(_) => "긴급",
        Procedure::Assignment(_) => "배정",
        Procedure::Incident(_) => "알람",
        Procedure::Stray(_) => "확인 필요",
        Procedure::Phd(one) => super::phd::title(one),
        Procedure::Outage(_) => "AWS 상태",
        Procedure::List(one) => super::list::title(one),
        Procedure::Offboard(_) => "강제 퇴점",
        Procedure::Dispatch(one) => super::dispatch::title(one),
        Procedure::Inquiry(_) => "전화 문의",
        Procedure::Climate(_) => "사무 환경",
    };
    match procedure.customer() {
        "" if !matches!(procedure, Procedure::Urgent(_)) => what.to_owned(),
        customer => format!("{what} [{customer}]"),
    }
}

/// Where it stands, in a few words.
#[must_use]
pub fn state(procedure: &Procedure) -> String {
    match procedure {
        Procedure::Urgent(one) => super::urgent::state(one),
        Procedure::Assignment(one) => super::assignment::state(one),
        Procedure::Outage(one) => super::outage::state(one),
        Procedure::List(one) => super::list::state(one),
        Procedure::Offboard(one) => super::offboard::state(one),
        Procedure::Dispatch(one) => super::dispatch::state(one),
        Procedure::Inquiry(one) => super::inquiry::state(one),
        Procedure::Climate(one) => super::climate::state(one),
        Procedure::Incident(one) => super::incident::state(one),
        Procedure::Stray(one) => super::stray::state(one),
        Procedure::Phd(one) => super::phd::state(one),
    }
}

/// What its next due time is for.
#[must_use]
pub const fn next_is(procedure: &Procedure) -> &'static str {
    match procedure {
        Procedure::Urgent(one) => super::urgent::next_is(one),
        Procedure::Assignment(one) => super::assignment::next_is(one),
        Procedure::Incident(one) => super::incident::next_is(one),
        Procedure::Stray(_)
        | Procedure::Phd(_)
        | Procedure::List(_)
        | Procedure::Offboard(_)
        | Procedure::Inquiry(_)
        | Procedure::Climate(_) => "다시 알림",
        Procedure::Dispatch(one) => super::dispatch::next_is(one),
        Procedure::Outage(_) => "상태 확인",
    }
}
