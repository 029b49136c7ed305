//! What COC is told of services that do not work.

use super::super::desk::Desk;
use super::super::errand::Service;
use super::super::message::{Line, Message};
use super::super::time::{Span, Time, clock};
use super::super::turn::{lines, one_line};
use super::{line, topic};

/// What people call it.
#[must_use]
pub const fn name(service: Service) -> &'static str {
    match service {
        Service::Phone => "전화 발신",
        Service::Tickets => "티켓 시스템",
        Service::Mail => "메일 발송",
        Service::Customers => "고객 기록(FitCloud)",
        Service::Feeds => "AWS 상태 피드",
    }
}

/// What happens meanwhile, and what COC has to do.
const fn meanwhile(service: Service) -> &'static str {
    match service {
        Service::Phone => "지금부터 COC에 전화를 요청합니다.",
        Service::Tickets => {
            "티켓의 배정과 기록은 복구된 뒤에 이어서 합니다. 활성 티켓 수는 마지막으로 센 값을 씁니다."
        }
        Service::Mail => "복구되면 이어서 보냅니다. 급한 메일은 COC가 직접 보내 주십시오.",
        Service::Customers => "마지막으로 읽은 기록을 씁니다.",
        Service::Feeds => {
            "그동안 AWS 장애를 공지하지 못합니다. COC는 AWS 상태 화면을 직접 확인해 주십시오."
        }
    }
}

/// A service does not work.
#[must_use]
pub fn down(service: Service, since: Time, why: &str, now: Time) -> Message {
    let at = clock(since, now.date_naive());
    lines(vec![
        line![format!("⚠️ {}: {at}부터 응답하지 않습니다.", name(service))],
        line![format!("이유: {why}")],
        line![meanwhile(service)],
        line!["복구되면 알려 드립니다."],
    ])
}

/// It works again.
#[must_use]
pub fn back(service: Service, since: Time, now: Time) -> Message {
    let seconds = u32::try_from((now - since).num_seconds()).unwrap_or(0);
    let length = Span::minutes(seconds.div_ceil(60)).korean();
    one_line(format!("✅ {} 복구되었습니다 ({length} 만에).", topic(name(service))))
}

/// The customer record is old.
#[must_use]
pub fn record_is_old(as_of: Time, now: Time) -> Message {
    let days = (now - as_of).num_days();
    lines(vec![
        line![format!(
            "⚠️ 고객 기록이 {days}일 전 것입니다 ({} 기준).",
            clock(as_of, now.date_naive())
        )],
        line!["등급과 담당자가 바뀌었을 수 있습니다. COC는 고객 기록을 새로 받아 주십시오."],
    ])
}

/// As of when the customer record is, beside what it decides: `고객 기록 8/5 21:55 기준`; `None` while nobody said.
#[must_use]
pub fn record_as_of(desk: &Desk, now: Time) -> Option<String> {
    let as_of = desk.record.as_of?;
    Some(format!("고객 기록 {} 기준", clock(as_of, now.date_naive())))
}

/// What a decision was made from, and how old that is; nothing while nobody said.
#[must_use]
pub fn basis(desk: &Desk, now: Time, counts: bool) -> Option<Line> {
    let counted = counts.then(|| counted_at(desk, now)).flatten();
    let known: Vec<String> = record_as_of(desk, now).into_iter().chain(counted).collect();
    (!known.is_empty()).then(|| line![known.join(" · ")])
}

/// As of when the active tickets were counted, beside what they decide: `티켓 수 22:03 기준`; `None` while nobody counts them.
#[must_use]
pub fn counted_at(desk: &Desk, now: Time) -> Option<String> {
    let at = desk.counted.at.filter(|_| desk.presence.adapters.tickets)?;
    Some(format!("활성 티켓 수 {} 기준", clock(at, now.date_naive())))
}
