//! Reading what people type in Slack (reading 23): mentions, links, brackets and spaces in all their shapes.

use super::ids::{SlackGroup, SlackUser, TicketLink};
use regex::Regex;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// A text as read: markup taken apart, widths, quotes and spaces made one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What a person reads, with mentions as [`mark`]s and bare links.
    pub words: String,
    /// The users mentioned by id, in order.
    pub users: Vec<SlackUser>,
    /// The groups mentioned by id, in order.
    pub groups: Vec<SlackGroup>,
    /// The links, in order.
    pub links: Vec<String>,
}

const MARK_OPEN: char = '\u{2}';
const MARK_CLOSE: char = '\u{3}';

/// How a mention by id stands in [`Reading::words`]: between two control characters that nobody types.
#[must_use]
pub fn mark(id: &str) -> String {
    format!("{MARK_OPEN}{id}{MARK_CLOSE}")
}

static MARKUP: LazyLock<Regex> = LazyLock::new(|| pattern(r"<([^<>\n]{1,2000})>"));
static BARE_LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"https?://[^\s<>\[\]()|\x02\x03]+"));
static SPACES: LazyLock<Regex> = LazyLock::new(|| pattern(r"[^\S\n]+"));

#[expect(clippy::expect_used, reason = "constant patterns, compiled by every test run")]
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern")
}

/// Reads a text as Slack sends it.
#[must_use]
pub fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
    let mut flat = String::with_capacity(text.len());
    let mut rest = 0;
    for found in MARKUP.captures_iter(text) {
        let (Some(whole), Some(inner)) = (found.get(0), found.get(1)) else { continue };
        flat.push_str(&normal(&text[rest..whole.start()]));
        rest = whole.end();
        let (head, label) = match inner.as_str().split_once('|') {
            Some((head, label)) => (head, label),
            None => (inner.as_str(), ""),
        };
        if let Some(user) = head.strip_prefix('@') {
            reading.users.push(SlackUser::from(user));
            flat.push_str(&mark(user));
        } else if let Some(group) = head.strip_prefix("!subteam^") {
            reading.groups.push(SlackGroup::from(group));
            flat.push_str(&mark(group));
        } else if head.starts_with('!') || head.starts_with('#') {
            flat.push_str(&normal(label));
        } else if head.starts_with("http://") || head.starts_with("https://") {
            flat.push_str(&unescape(head));
        } else {
            flat.push_str(&normal(if label.is_empty() { inner.as_str() } else { label }));
        }
    }
    flat.push_str(&normal(&text[rest..]));
    reading.links = BARE_LINK.find_iter(&flat).map(|link| tidy_link(link.as_str())).collect();
    let lines: Vec<String> =
        flat.lines().map(|line| SPACES.replace_all(line.trim(), " ").into_owned()).collect();
    reading.words = lines.join("\n").trim().to_owned();
    reading
}

/// A link without the punctuation that people put behind it.
fn tidy_link(link: &str) -> String {
    link.trim_end_matches(['.', ',', ';', ':', '!', '?', '"', '\'', ']', ')', '>', '’', '”'])
        .to_owned()
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Full-width forms become their usual ones, curly quotes straight, invisible characters nothing.
fn normal(text: &str) -> String {
    unescape(text)
        .nfkc()
        .filter_map(|letter| match letter {
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | MARK_OPEN | MARK_CLOSE => None,
            '‘' | '’' | '‛' => Some('\''),
            '“' | '”' | '‟' => Some('"'),
            '【' | '〔' | '〖' | '「' | '『' => Some('['),
            '】' | '〕' | '〗' | '」' | '』' => Some(']'),
            '∶' | 'ː' => Some(':'),
            other => Some(other),
        })
        .collect()
}

/// A ticket's link in one form: `https`, no fragment, no trailing slash, host in small letters.
///
/// # Errors
/// The text, when it is no web address with a host and a path.
pub fn ticket_link(text: &str) -> Result<TicketLink, String> {
    let bare = tidy_link(text.trim().trim_start_matches(['[', '<', '(']));
    let wrong = || text.trim().to_owned();
    let mut link = url::Url::parse(&bare).map_err(|_| wrong())?;
    if !matches!(link.scheme(), "http" | "https") || link.path().trim_matches('/').is_empty() {
        return Err(wrong());
    }
    if !link.host_str().is_some_and(|host| host.contains('.')) {
        return Err(wrong());
    }
    link.set_fragment(None);
    Ok(TicketLink(link.as_str().trim_end_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn markup_is_taken_apart() {
        let reading = read(
            "<@U1|coc> ［긴급티켓배정요청］ 고객사： 한빛&amp;전자 <https://a.example.com/t/1?a=1&amp;b=2|표> <!subteam^S9|@csr>",
        );
        assert_eq!(reading.users, [SlackUser::from("U1")]);
        assert_eq!(reading.groups, [SlackGroup::from("S9")]);
        assert_eq!(reading.links, ["https://a.example.com/t/1?a=1&b=2"]);
        assert_eq!(
            reading.words,
            format!(
                "{} [긴급티켓배정요청] 고객사: 한빛&전자 https://a.example.com/t/1?a=1&b=2 {}",
                mark("U1"),
                mark("S9")
            )
        );
    }

    #[test]
    fn links_lose_what_people_put_behind_them() {
        assert_eq!(read("[https://a.example.com/1].").links, ["https://a.example.com/1"]);
        assert_eq!(
            ticket_link("https://A.example.com/agent/tickets/1/#c").unwrap().as_str(),
            "https://a.example.com/agent/tickets/1"
        );
        for wrong in
            ["4242", "https://", "https://a.example.com/", "ftp://a.example.com/1", "htp:/x"]
        {
            assert_eq!(ticket_link(wrong).unwrap_err(), wrong);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_that_people_type_upsets_it(text in "\\PC*") {
            let _ = read(&text);
            let _ = ticket_link(&text);
        }
    }
}
