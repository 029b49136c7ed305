//! Slack's text format: reading it, and what Slack makes of what a person types.

use crate::domain::ids::{ChannelId, SlackGroup, SlackUser};
use regex::Regex;
use std::sync::LazyLock;

/// A piece of a text in Slack's format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bit {
    /// Words, with Slack's escapes undone.
    Text(String),
    /// `<@U…>`
    User(SlackUser),
    /// `<!subteam^S…>`
    Group(SlackGroup),
    /// `<#C…>`
    Channel(ChannelId),
    /// `<url>` or `<url|label>`
    Link {
        /// The address.
        url: String,
        /// What is shown in its place.
        label: Option<String>,
    },
    /// `<!here>`, `<!channel>`, `<!everyone>`: the word.
    Broadcast(String),
    /// `<!date^…|fallback>` and the like: the fallback.
    Special(String),
}

/// Reads a text in Slack's format. Angle brackets that close nowhere are words.
#[must_use]
pub fn read(text: &str) -> Vec<Bit> {
    let mut bits = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        let Some(close) = rest[open..].find('>') else { break };
        push_words(&mut bits, &rest[..open]);
        bits.push(read_tag(&rest[open + 1..open + close]));
        rest = &rest[open + close + 1..];
    }
    push_words(&mut bits, rest);
    bits
}

fn push_words(bits: &mut Vec<Bit>, words: &str) {
    if !words.is_empty() {
        bits.push(Bit::Text(unescape(words)));
    }
}

fn read_tag(tag: &str) -> Bit {
    let (head, label) = match tag.split_once('|') {
        Some((head, label)) => (head, Some(unescape(label))),
        None => (tag, None),
    };
    if let Some(user) = head.strip_prefix('@') {
        return Bit::User(user.into());
    }
    if let Some(channel) = head.strip_prefix('#') {
        return Bit::Channel(channel.into());
    }
    if let Some(group) = head.strip_prefix("!subteam^") {
        return Bit::Group(group.into());
    }
    match head.strip_prefix('!') {
        Some(word @ ("here" | "channel" | "everyone")) => Bit::Broadcast(word.to_owned()),
        Some(word) => Bit::Special(label.unwrap_or_else(|| word.to_owned())),
        None => Bit::Link { url: unescape(head), label },
    }
}

/// `& < >` as Slack escapes them; nothing else is.
#[must_use]
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Slack's three escapes undone.
#[must_use]
pub fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Somebody or something that can be named behind an `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A person, or the bot.
    User(SlackUser),
    /// A user group.
    Group(SlackGroup),
    /// `here`, `channel`, `everyone`.
    Broadcast(&'static str),
}

/// The names that can stand behind an `@`.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<(String, Named)>);

impl Names {
    pub(super) fn new(mut names: Vec<(String, Named)>) -> Self {
        names.retain(|(name, _)| !name.is_empty());
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self(names)
    }

    /// The longest name that `text` begins with and that means exactly one; its length in bytes. The exact spelling goes before
    /// one that differs in case, so that `@COC` and a group `@coc` can live side by side.
    fn at_start(&self, text: &str) -> Option<(usize, &Named)> {
        let fits = |same: fn(&str, &str) -> bool| {
            let begins = |name: &str| {
                text.get(..name.len()).is_some_and(|head| same(head, name))
                    && ends_word(name, &text[name.len()..])
            };
            let longest = self.0.iter().find(|(name, _)| begins(name))?.0.len();
            let mut found: Vec<&Named> = Vec::new();
            for (name, named) in &self.0 {
                if name.len() == longest && begins(name) && !found.contains(&named) {
                    found.push(named);
                }
            }
            Some((longest, found))
        };
        let exact = fits(|head, name| head == name);
        let (length, found) = match exact {
            Some(exact) => exact,
            None => fits(|head, name| head.eq_ignore_ascii_case(name))?,
        };
        match found.as_slice() {
            [one] => Some((length, one)),
            [] | [_, ..] => None,
        }
    }
}

/// A Latin name ends where no Latin letter follows; a Korean one may bear a particle (`@가온별님`).
fn ends_word(name: &str, rest: &str) -> bool {
    let latin = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let last_is_latin = name.chars().next_back().is_some_and(latin);
    !(last_is_latin && rest.chars().next().is_some_and(latin))
}

static ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x) (?P<url> https?://[^\s<>"\[\]“”‘’]+ )
             | (?P<mail> [A-Za-z0-9][A-Za-z0-9._%+-]*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+ )"#,
    )
    .expect("a valid pattern")
});

/// What Slack makes of typed text: names behind `@` become mentions, addresses become links, `& < >` are escaped.
pub(super) fn typed(text: &str, names: &Names) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut done = 0;
    for found in ADDRESSES.captures_iter(text) {
        if let Some(url) = found.name("url") {
            let address =
                url.as_str().trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'', '*']);
            mention(&text[done..url.start()], names, &mut out);
            out.push_str(&format!("<{}>", escape(address)));
            done = url.start() + address.len();
        } else if let Some(mail) = found.name("mail") {
            mention(&text[done..mail.start()], names, &mut out);
            let address = escape(mail.as_str());
            out.push_str(&format!("<mailto:{address}|{address}>"));
            done = mail.end();
        }
    }
    mention(&text[done..], names, &mut out);
    out
}

fn mention(words: &str, names: &Names, out: &mut String) {
    let mut rest = words;
    let mut before = out.chars().next_back();
    while let Some(at) = rest.find('@') {
        let (head, tail) = (&rest[..at], &rest[at + 1..]);
        out.push_str(&escape(head));
        before = head.chars().next_back().or(before);
        let glued = before.is_some_and(|c| c.is_ascii_alphanumeric());
        match names.at_start(tail).filter(|_| !glued) {
            Some((length, named)) => {
                out.push_str(&match named {
                    Named::User(user) => format!("<@{user}>"),
                    Named::Group(group) => format!("<!subteam^{group}>"),
                    Named::Broadcast(word) => format!("<!{word}>"),
                });
                rest = &tail[length..];
                before = Some('>');
            }
            None => {
                out.push('@');
                rest = tail;
                before = Some('@');
            }
        }
    }
    out.push_str(&escape(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(vec![
            ("가온별".into(), Named::User("U1".into())),
            ("가온".into(), Named::User("U2".into())),
            ("오하라".into(), Named::User("U3".into())),
            ("오하라".into(), Named::User("U4".into())),
            ("COC".into(), Named::User("UBOT".into())),
            ("coc".into(), Named::Group("S1".into())),
            ("csr".into(), Named::Group("S2".into())),
            ("here".into(), Named::Broadcast("here")),
        ])
    }

    #[test]
    fn typed_names_become_mentions_when_they_mean_one() {
        for (typed_text, expected) in [
            ("@가온별님 봐 주세요", "<@U1>님 봐 주세요"),
            ("@가온 님", "<@U2> 님"),
            ("@오하라 님", "@오하라 님"),
            ("@COC [긴급티켓배정요청]", "<@UBOT> [긴급티켓배정요청]"),
            ("@coc @csr", "<!subteam^S1> <!subteam^S2>"),
            ("@CSR[문의자: a]", "<!subteam^S2>[문의자: a]"),
            ("@csrs @없는이", "@csrs @없는이"),
            ("@here 1 < 2 & 3", "<!here> 1 &lt; 2 &amp; 3"),
            ("@가온별@csr", "<@U1><!subteam^S2>"),
        ] {
            assert_eq!(typed(typed_text, &names()), expected, "{typed_text}");
        }
    }

    #[test]
    fn typed_addresses_become_links() {
        for (typed_text, expected) in [
            ("[https://a.example/t/4243]", "[<https://a.example/t/4243>]"),
            ("https://a.example/?a=1&b=2.", "<https://a.example/?a=1&amp;b=2>."),
            ("gaon@example.co.kr", "<mailto:gaon@example.co.kr|gaon@example.co.kr>"),
            ("(http://a.example)", "(<http://a.example>)"),
        ] {
            assert_eq!(typed(typed_text, &names()), expected, "{typed_text}");
        }
    }

    #[test]
    fn reads_what_slack_writes() {
        assert_eq!(
            read(
                "<@U1|g> <!subteam^S1|@coc> <#C1|general> <https://a?x&amp;y|여기> <!here> &lt;b&gt; <!date^1^x|오늘> 1 < 2"
            ),
            [
                Bit::User("U1".into()),
                Bit::Text(" ".into()),
                Bit::Group("S1".into()),
                Bit::Text(" ".into()),
                Bit::Channel("C1".into()),
                Bit::Text(" ".into()),
                Bit::Link { url: "https://a?x&y".into(), label: Some("여기".into()) },
                Bit::Text(" ".into()),
                Bit::Broadcast("here".into()),
                Bit::Text(" <b> ".into()),
                Bit::Special("오늘".into()),
                Bit::Text(" 1 < 2".into()),
            ]
        );
    }
}
