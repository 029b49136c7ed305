//! The board's pages, filled in. Whatever stands in them is escaped; scripts and styles come from files of their own.

use super::view::{BoardView, Story};
use crate::domain::ids::Name;
use crate::domain::time::Time;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use rust_embed::RustEmbed;
use serde::Serialize;
use std::collections::BTreeMap;

/// The board's files: templates, style sheet, script.
#[derive(RustEmbed)]
#[folder = "src/web/page"]
struct Files;

const TEMPLATES: [&str; 5] = ["frame.html", "board.html", "parts.html", "case.html", "notice.html"];

/// A file of the board's, as it is.
pub(super) fn file(name: &str) -> Option<Vec<u8>> {
    Files::get(name).map(|file| file.data.into_owned())
}

/// The parts of the board that are told anew, by the id of the element that holds each.
const PARTS: [&str; 9] =
    ["head", "cases", "wakes", "general", "absences", "aws", "rooms", "alarms", "health"];

/// A page that says why nothing else is shown, and what to do.
#[derive(Debug, Serialize)]
pub(super) struct Notice {
    title: &'static str,
    says: &'static [&'static str],
}

pub(super) const NOT_SIGNED_IN: Notice = Notice {
    title: "로그인이 필요합니다",
    says: &[
        "Slack에서 /coc board를 입력하면 본인만 쓸 수 있는 링크를 드립니다.",
        "링크는 몇 분 동안 한 번만 열립니다.",
    ],
};
pub(super) const NOT_ADMITTED: Notice = Notice {
    title: "관제 화면을 볼 수 없습니다",
    says: &[
        "COC, CSR, SA와 업무가이드에 있는 엔지니어만 볼 수 있습니다.",
        "담당이 바뀌었다면 COC에 확인한 뒤 /coc board로 다시 링크를 받아 주십시오.",
    ],
};
pub(super) const VOID_LINK: Notice = Notice {
    title: "이 링크는 더 쓸 수 없습니다",
    says: &[
        "이미 열었거나, 시간이 지났거나, 그사이 봇이 다시 시작되었습니다.",
        "Slack에서 /coc board를 입력해 새 링크를 받아 주십시오.",
    ],
};
pub(super) const TOO_MANY: Notice = Notice {
    title: "잘못된 링크가 너무 많이 왔습니다",
    says: &["1분 뒤에 다시 열어 주십시오. 링크는 Slack에서 /coc board로 받습니다."],
};
pub(super) const GONE: Notice = Notice {
    title: "봇이 응답하지 않습니다",
    says: &["잠시 뒤 다시 열어 주십시오. 계속되면 운영자에게 알려 주십시오."],
};
pub(super) const FULL: Notice = Notice {
    title: "화면을 보는 브라우저가 너무 많습니다",
    says: &["쓰지 않는 창을 닫고 다시 열어 주십시오."],
};
pub(super) const NO_SUCH_CASE: Notice = Notice {
    title: "그런 사건이 없습니다",
    says: &["번호를 확인해 주십시오. 90일이 지난 사건은 저널에만 있습니다."],
};
pub(super) const SIGNED_OUT: Notice = Notice {
    title: "로그아웃했습니다",
    says: &["다시 보려면 Slack에서 /coc board를 입력해 링크를 받아 주십시오."],
};

/// The pages.
#[derive(Debug)]
pub(super) struct Pages(Environment<'static>);

impl Pages {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        for name in TEMPLATES {
            let text = file(name).and_then(|bytes| String::from_utf8(bytes).ok());
            let added = environment.add_template_owned(name, text.unwrap_or_default());
            if let Err(error) = added {
                tracing::error!(%error, name, "a template of the board cannot be read");
            }
        }
        Self(environment)
    }

    fn fill(&self, name: &str, said: Value) -> String {
        let filled = self.0.get_template(name).and_then(|template| template.render(said));
        filled.unwrap_or_else(|error| {
            tracing::error!(%error, name, "a page of the board was not filled in");
            String::new()
        })
    }

    /// The whole page of the board.
    pub(super) fn board(&self, board: &BoardView, who: &Name, now: Time) -> String {
        let parts = self.parts(board);
        let at = now.timestamp_millis();
        self.fill("board.html", context! { parts, who => who.as_str(), now => at })
    }

    /// The whole page of a case.
    pub(super) fn story(&self, story: &Story, who: &Name, now: Time) -> String {
        let told = self.told(story);
        let at = now.timestamp_millis();
        self.fill(
            "case.html",
            context! { told, who => who.as_str(), now => at, story => Serde(story) },
        )
    }

    /// A page that says why there is no other.
    pub(super) fn notice(&self, notice: &Notice) -> String {
        self.fill("notice.html", context! { notice => Serde(notice) })
    }

    /// The parts of the board as JSON: element's id → what stands in it; `say`: what a screen reader is told.
    pub(super) fn fragments(&self, board: &BoardView) -> String {
        json(&self.parts(board), &board.headline)
    }

    /// The same of a case's page.
    pub(super) fn story_fragments(&self, story: &Story) -> String {
        let parts = BTreeMap::from([("story", self.told(story))]);
        json(&parts, &format!("{} {}", story.title, story.state))
    }

    fn parts(&self, board: &BoardView) -> BTreeMap<&'static str, String> {
        let part = |part: &'static str| {
            (part, self.fill("parts.html", context! { part, board => Serde(board) }))
        };
        PARTS.into_iter().map(part).collect()
    }

    fn told(&self, story: &Story) -> String {
        self.fill("parts.html", context! { part => "story", story => Serde(story) })
    }
}

fn json(parts: &BTreeMap<&'static str, String>, say: &str) -> String {
    serde_json::json!({ "parts": parts, "say": say }).to_string()
}
