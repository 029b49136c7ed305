//! Ready scenes: situations of the duty desk from which a practice can start.
//!
//! A scene is nothing but acts that people could do on the page, so that a recording of it can be replayed.

use super::notices::{Level, Status};
use crate::domain::ids::Name;
use crate::domain::time::{Time, seoul};
use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;
use std::collections::BTreeMap;

/// A situation to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Scene {
    /// Its name in addresses.
    pub id: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What happens, what the bot does about it, and what is worth seeing.
    pub story: [&'static str; 3],
    /// What the person at the page can try.
    pub tries: &'static [&'static str],
    /// As whom the page begins.
    pub who: &'static str,
    /// In which channel.
    pub place: &'static str,
    #[serde(skip)]
    starts: NaiveDateTime,
    /// Active tickets at the support desk.
    #[serde(skip)]
    tickets: &'static [(&'static str, u32)],
    /// What has happened when the page begins.
    #[serde(skip)]
    pub opening: &'static [Opening],
}

/// Something that has happened when the page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A message was written.
    Say {
        /// Who.
        by: &'static str,
        /// The channel.
        channel: &'static str,
        /// The text as typed.
        text: &'static str,
    },
    /// A slash command was typed.
    Slash {
        /// Who.
        by: &'static str,
        /// The channel.
        channel: &'static str,
        /// With its `/`.
        command: &'static str,
        /// What stands behind it.
        text: &'static str,
    },
    /// So many minutes pass.
    Wait(u32),
    /// A customer's alarm rings.
    Alarm {
        /// The customer.
        customer: &'static str,
        /// Its level.
        level: Level,
        /// Its name, without the level.
        name: &'static str,
    },
    /// A monitoring service tells this.
    Notice {
        /// Whose account it is about.
        customer: &'static str,
        /// As it is posted.
        text: &'static str,
    },
    /// AWS says something of its own services; `None`: nothing yet, but its feed is read.
    Status(Option<Status>),
}

impl Scene {
    /// When it starts.
    #[must_use]
    pub fn starts(&self) -> Time {
        seoul(self.starts)
    }

    /// Active tickets at the support desk.
    #[must_use]
    pub fn tickets(&self) -> BTreeMap<Name, u32> {
        self.tickets.iter().map(|(name, count)| (Name::from(*name), *count)).collect()
    }
}

const fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> NaiveDateTime {
    let Some(day) = NaiveDate::from_ymd_opt(year, month, day) else { panic!("a date") };
    let Some(at) = day.and_hms_opt(hour, minute, 0) else { panic!("a time of day") };
    at
}

/// An absence of the day, entered by COC.
const fn away(text: &'static str) -> Opening {
    Opening::Slash { by: "고윤슬", channel: "coc-noti", command: "/leave", text }
}

/// A customer's alarm.
const fn rings(customer: &'static str, level: Level, name: &'static str) -> Opening {
    Opening::Alarm { customer, level, name }
}

/// All ready scenes, in the order in which they are offered.
pub const SCENES: &[Scene] = &[
    Scene {
        id: "night",
        title: "한밤 긴급 요청",
        story: [
            "화요일 22:00, CSR 오하라가 한빛전자의 긴급 티켓 배정을 요청했습니다.",
            "봇이 General 순서대로 한 사람씩 부르고 전화도 함께 겁니다.",
            "수락, 부재, 5분 무응답에 따라 순서가 어떻게 이어지는지 봅니다.",
        ],
        tries: &[
            "스레드에서 [부재]를 누르면 바로 다음 사람에게 넘어갑니다.",
            "‘지금 나는’을 불린 사람으로 바꾸고 ✅ 반응을 달거나 [수락]을 누릅니다.",
            "오른쪽 전화에서 [1 수락]이나 [통화 중]을 누릅니다.",
            "시계를 +5분 옮겨 무응답일 때를 봅니다.",
        ],
        who: "고윤슬",
        place: "general",
        starts: at(2025, 8, 5, 22, 0),
        tickets: &[("가온별", 3), ("다솜윤", 1), ("라온결", 2)],
        opening: &[Opening::Say {
            by: "오하라",
            channel: "general",
            text: "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4242",
        }],
    },
    Scene {
        id: "lunch",
        title: "점심시간 배정",
        story: [
            "화요일 12:10, COC 고윤슬이 /assign으로 한빛전자 티켓을 배정했습니다.",
            "진행 티켓이 가장 적은 사람에게 배정 글이 올라가고 확인을 기다립니다.",
            "점심에 알린 티켓이므로 확인이 없으면 12:40이 아니라 13:30에 전화합니다.",
        ],
        tries: &[
            "#coc-noti에서 누구에게 왜 배정되었는지 봅니다.",
            "‘지금 나는’을 담당자로 바꾸고 [확인]을 누르거나 답글을 답니다.",
            "시계를 +30분씩 세 번 옮겨 13:30의 전화를 봅니다.",
            "/assign을 혼자 입력해 빈 양식을 제출하고 오류를 읽습니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 8, 5, 12, 10),
        tickets: &[("가온별", 3), ("다솜윤", 1), ("라온결", 2), ("마루한", 4)],
        opening: &[Opening::Slash {
            by: "고윤슬",
            channel: "coc-noti",
            command: "/assign",
            text: "한빛전자 https://support.example.com/agent/tickets/4243",
        }],
    },
    Scene {
        id: "friday",
        title: "금요일 17:40",
        story: [
            "금요일 17:40, COC 온누리가 담당자를 직접 적어 배정 글을 올렸습니다.",
            "17:30이 지났으므로 확인 전화는 다음 영업일인 월요일 09:00으로 미뤄집니다.",
            "주말에는 아무에게도 전화하지 않습니다.",
        ],
        tries: &[
            "배정 글의 스레드에서 언제 전화하는지 읽습니다.",
            "[다음 영업일 09시]를 눌러 월요일 아침의 전화를 봅니다.",
            "‘지금 나는’을 라온결로 바꾸고 먼저 확인하면 전화가 취소됩니다.",
        ],
        who: "온누리",
        place: "coc-noti",
        starts: at(2025, 8, 8, 17, 40),
        tickets: &[],
        opening: &[Opening::Say {
            by: "온누리",
            channel: "coc-noti",
            text: "@라온결 [한빛전자] 티켓 배정 [https://support.example.com/agent/tickets/4244]",
        }],
    },
    Scene {
        id: "holidays",
        title: "추석 연휴",
        story: [
            "추석인 2025-10-06 11:00, COC가 솔빛출판 티켓을 배정했습니다.",
            "휴일이므로 배정은 연휴가 끝난 10/10(금) 09:00까지 기다립니다.",
            "급한 요청은 연휴에도 바로 사람을 부릅니다.",
        ],
        tries: &[
            "사건 칸에서 언제 배정되는지 봅니다.",
            "[다음 영업일 09시]를 눌러 10/10 아침의 배정과 09:30 전화를 봅니다.",
            "오하라가 되어 #general에서 긴급 요청을 올려 봅니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 10, 6, 11, 0),
        tickets: &[("가온별", 2), ("나래솔", 1), ("다솜윤", 1)],
        opening: &[Opening::Slash {
            by: "고윤슬",
            channel: "coc-noti",
            command: "/assign",
            text: "솔빛출판 https://support.example.com/agent/tickets/4245",
        }],
    },
    Scene {
        id: "nobody",
        title: "전원 부재",
        story: [
            "화요일 밤, 휴가가 겹쳐 다솜윤과 라온결만 남았습니다.",
            "22:00에 긴급 요청이 왔고, 두 사람도 받지 않으면 연락할 사람이 없습니다.",
            "그때 봇은 #coc-noti와 CSR에게 알리고, 사건은 열린 채로 남습니다.",
        ],
        tries: &[
            "두 사람의 전화에서 [무응답]과 [음성사서함]을 누릅니다.",
            "#general과 #coc-noti에 무엇이 올라오는지 봅니다.",
            "고윤슬로 [다시 시작]을 눌러 처음부터 다시 부릅니다.",
        ],
        who: "고윤슬",
        place: "general",
        starts: at(2025, 8, 12, 21, 30),
        tickets: &[],
        opening: &[
            away("@가온별 2025-08-12 ~ 2025-08-13 휴가"),
            away("@마루한 2025-08-12 ~ 2025-08-13 휴가"),
            away("@바름찬 2025-08-12 ~ 2025-08-13 휴가"),
            away("@사랑빈 2025-08-12 ~ 2025-08-13 휴가"),
            away("@아람준 2025-08-12 ~ 2025-08-13 휴가"),
            Opening::Wait(10),
            away("@자람우 2025-08-12 ~ 2025-08-13 휴가"),
            away("@차오름 2025-08-12 ~ 2025-08-13 휴가"),
            away("@카이로 2025-08-12 ~ 2025-08-13 휴가"),
            away("@타래은 2025-08-12 ~ 2025-08-13 휴가"),
            away("@파란하 2025-08-12 ~ 2025-08-13 휴가"),
            Opening::Wait(20),
            Opening::Say {
                by: "오하라",
                channel: "general",
                text: "@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: https://support.example.com/agent/tickets/4246",
            },
        ],
    },
    Scene {
        id: "military",
        title: "병역특례 순서",
        story: [
            "화요일 22:00, 담당 TS가 기록에 없는 MSP 고객 두레교육의 긴급 요청이 왔습니다.",
            "MSP 순서에서는 General 목록의 병역특례 인원(나래솔, 마루한)이 뒤로 갑니다.",
            "일반 고객의 긴급 순서에서는 목록 순서 그대로입니다.",
        ],
        tries: &[
            "사건 칸의 순서에서 나래솔과 마루한의 자리를 봅니다.",
            "/coc order와 /coc order 두레교육을 차례로 입력해 두 순서를 견줍니다.",
            "[부재]를 이어 눌러 SA까지 가는 것을 봅니다.",
        ],
        who: "고윤슬",
        place: "general",
        starts: at(2025, 9, 2, 22, 0),
        tickets: &[],
        opening: &[Opening::Say {
            by: "유가람",
            channel: "general",
            text: "@COC [긴급티켓배정요청] 고객사: 두레교육 / 티켓: https://support.example.com/agent/tickets/4247",
        }],
    },
    Scene {
        id: "alarm",
        title: "한밤 L3 알람 (MSP)",
        story: [
            "화요일 22:00, MSP 고객 은하물류의 L3 알람이 울려 #coc-noti에 알람 글이 올라왔습니다.",
            "COC가 고객에게 먼저 전화하고, 그 결과를 글의 버튼으로 남깁니다.",
            "추가 조치가 필요하면 봇이 MSP 순서대로 엔지니어를 부릅니다.",
        ],
        tries: &[
            "알람 글의 [연결됨]을 누르고, 이어서 [추가 조치 필요]를 누릅니다.",
            "오른쪽 전화에서 [1 수락]을 누르면 담당이 정해집니다.",
            "[부재]를 거듭 눌러 고객이 받지 않을 때를 봅니다.",
            "알람 보내기에서 같은 이름의 알람을 한 번 더 보냅니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 8, 5, 22, 0),
        tickets: &[],
        opening: &[rings("은하물류", Level::L3, "web-1 status check")],
    },
    Scene {
        id: "storm",
        title: "알람 폭주",
        story: [
            "화요일 22:00, 세 고객의 알람이 한꺼번에 울렸습니다.",
            "봇은 고객마다 알람 글을 하나만 올리고, 이어진 알람은 그 글에 더합니다.",
            "L1과 첫 L2는 기록만 하고 아무도 부르지 않습니다.",
        ],
        tries: &[
            "#coc-noti의 알람 글이 고객마다 하나인지 봅니다.",
            "/coc alarms를 입력해 기록만 한 알람과 그 까닭을 봅니다.",
            "알람 보내기에서 두레교육의 L2를 같은 이름으로 두 번 보냅니다.",
            "한 고객의 알람 글을 [연결됨], [조치 불필요]로 마칩니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 8, 5, 22, 0),
        tickets: &[],
        opening: &[
            rings("은하물류", Level::L1, "web-1 disk"),
            rings("은하물류", Level::L3, "web-1 status check"),
            rings("은하물류", Level::L3, "web-2 status check"),
            rings("가나게임즈", Level::L2, "prod-api CPU"),
            rings("두레교육", Level::L2, "lms-1 memory"),
            rings("은하물류", Level::L2, "db-1 CPU"),
            rings("가나게임즈", Level::L2, "prod-api CPU"),
            rings("은하물류", Level::L3, "web-1 status check"),
            rings("새벽마켓", Level::L3, "prod-pos status check"),
            rings("새벽마켓", Level::L3, "dev-pos status check"),
            rings("은하물류", Level::L1, "web-2 disk"),
            rings("가나게임즈", Level::L1, "prod-api disk"),
        ],
    },
    Scene {
        id: "guardduty",
        title: "GuardDuty 판단",
        story: [
            "화요일 22:05, 협의한 고객 은하물류의 계정에서 GuardDuty 고위험도 알람이 왔습니다.",
            "봇이 COC에 묻습니다. 전파할지, 이메일만 보낼지, 판단할 수 없는지.",
            "판단할 수 없거나 10분 동안 답이 없으면 L3 알람과 같이 다룹니다.",
        ],
        tries: &[
            "글에서 무엇이 언제 있었는지 읽고 [전파]나 [이메일만]을 누릅니다.",
            "[판단 불가]를 눌러 L3로 이어지는 것을 봅니다.",
            "시계를 +5분씩 두 번 옮겨 답이 없을 때를 봅니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 8, 5, 22, 5),
        tickets: &[],
        opening: &[Opening::Notice {
            customer: "은하물류",
            text: include_str!("notices/finding.json"),
        }],
    },
    Scene {
        id: "health",
        title: "아침 PHD",
        story: [
            "화요일 08:40, 새벽마켓의 EC2 종료 예정이 AWS Health(PHD)로 왔습니다.",
            "COC가 고객에게 메일을 보내고 통화하면 봇이 #coc-noti에 남깁니다.",
            "09:00에는 봇이 매일 PHD를 직접 확인해 달라고 청합니다.",
        ],
        tries: &[
            "글의 [메일 발송]을 누르고 오른쪽 메일에서 내용을 읽습니다.",
            "고객과 통화한 뒤 [연결됨]을 누릅니다.",
            "시계를 +30분 옮겨 09:00의 확인 글을 봅니다.",
        ],
        who: "고윤슬",
        place: "coc-noti",
        starts: at(2025, 8, 5, 8, 40),
        tickets: &[],
        opening: &[Opening::Notice {
            customer: "새벽마켓",
            text: include_str!("notices/retirement.json"),
        }],
    },
    Scene {
        id: "tam",
        title: "TAM [REQ]",
        story: [
            "화요일 03:00, AWS TAM 손다온이 [REQ]를 올렸습니다.",
            "봇이 그 스레드에서 메일, 전화, 티켓을 하나씩 챙깁니다.",
            "모두 마치면 #general에 공유합니다.",
        ],
        tries: &[
            "스레드의 목록에서 [완료]를 차례로 누릅니다.",
            "마지막 [완료]에서 티켓 링크를 적습니다. 번호만 적어 오류도 읽습니다.",
            "손다온이 되어 고객사를 빠뜨린 [REQ]를 올려 봅니다.",
        ],
        who: "고윤슬",
        place: "saltware-pls-technical-support",
        starts: at(2025, 8, 5, 3, 0),
        tickets: &[],
        opening: &[Opening::Say {
            by: "손다온",
            channel: "saltware-pls-technical-support",
            text: "[REQ] 한빛전자 계정에서 액세스 키가 공개 저장소에 노출되었습니다. 안내 부탁드립니다.",
        }],
    },
    Scene {
        id: "outage",
        title: "AWS 서울 장애",
        story: [
            "화요일 22:10, AWS 상태 피드에 서울 리전 장애가 올라왔습니다.",
            "봇이 #general에 공지하고, #coc-noti에서 COC에 관제 화면 확인을 청합니다.",
            "AWS가 해결되었다고 하면 봇이 그것도 알립니다.",
        ],
        tries: &[
            "#coc-noti의 글에서 [완료]를 누릅니다.",
            "/coc health를 입력해 지금의 상태를 묻습니다.",
            "알람 보내기 아래의 [서울 장애 해결]을 누릅니다.",
        ],
        who: "고윤슬",
        place: "general",
        starts: at(2025, 8, 5, 22, 0),
        tickets: &[],
        opening: &[Opening::Status(None), Opening::Wait(10), Opening::Status(Some(Status::Impact))],
    },
    Scene {
        id: "call",
        title: "전화 응대",
        story: [
            "화요일 14:00, 전화벨이 울립니다. 처음전자의 한별 님이 010-0000-2001에서 청구서를 보낼 주소를 바꾸고 싶다고 합니다.",
            "/call의 양식이 먼저 여쭐 말씀을 보이고, 적은 대로 다음 일이 이어집니다.",
            "읽어 드릴 말씀은 나에게만 보이고, 메모나 호출은 채널에 올라옵니다.",
        ],
        tries: &[
            "/call을 입력해 종류를 AWS 기술 외로 고르고 들은 대로 적어 [기록]을 누릅니다.",
            "종류만 AWS 외로 골라 안내할 번호를 봅니다.",
            "장애에 계정 마지막 4자리 4321을 적어 가나게임즈의 엔지니어를 부르고, 시계를 15분 옮깁니다.",
            "일반 문의를 솔빛출판으로 적고, 카드의 [메일 불가]를 누릅니다.",
        ],
        who: "고윤슬",
        place: "general",
        starts: at(2025, 8, 5, 14, 0),
        tickets: &[("가온별", 3), ("다솜윤", 1), ("라온결", 2)],
        opening: &[],
    },
];

/// The scene of that name.
#[must_use]
pub fn scene(id: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.id == id)
}
