//! What people are told of the board in Slack (H3).

use super::super::message::{Message, Piece};
use super::super::time::Span;
use super::super::turn::lines;
use super::{line, refused};
use chrono::TimeDelta;

/// The link of `/coc board`.
#[must_use]
pub fn link(link: &str, lives: TimeDelta) -> Message {
    let seconds = u32::try_from(lives.num_seconds()).unwrap_or(0);
    lines(vec![
        line!["관제 화면을 여는 링크입니다. 본인만 쓸 수 있습니다."],
        vec![Piece::Link(link.to_owned())],
        line![format!(
            "{} 안에 한 번 열 수 있습니다. 지나면 /coc board로 다시 받아 주십시오.",
            Span::seconds(seconds).korean()
        )],
    ])
}

/// `/coc board` by somebody whom the desk does not know.
#[must_use]
pub fn not_allowed() -> Message {
    refused(
        "관제 화면은 COC, CSR, SA와 업무가이드에 있는 엔지니어만 볼 수 있습니다. 링크를 만들지 않았습니다.",
        "필요하면 COC에 요청해 주십시오.",
    )
}

/// `/coc board` where the bot listens nowhere, or Slack did not take the answer.
#[must_use]
pub fn not_served() -> Message {
    refused(
        "관제 화면의 링크를 만들지 못했습니다. 봇이 웹 주소 없이 실행되고 있습니다.",
        "운영자가 COC_LISTEN(예: 127.0.0.1:3000)을 넣고 다시 시작하면 쓸 수 있습니다. 그동안은 /coc cases로 확인해 주십시오.",
    )
}
