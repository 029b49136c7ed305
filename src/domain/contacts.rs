//! Contact cards (K1, K2), and the contacts that the desk itself gives to callers (C2, C6 to C8): the data folder's `contacts.toml`.

use super::books::in_korean;
use super::ids::PhoneNumber;
use super::people::LineError;
use super::people::contact::{is_email, read_any_phone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;
use toml::Spanned;
use unicode_normalization::UnicodeNormalization;

/// The cards, in the file's order, and what the desk uses of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// The cards.
    pub cards: Vec<Card>,
    /// The number for whatever has nothing to do with AWS (C2).
    pub other_business: PhoneNumber,
    /// The address where customers leave inquiries (C6 to C8).
    pub support: String,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// What it is called.
    pub name: String,
    /// What else it is called.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What the desk itself uses it for; `None`: nothing.
    #[serde(default, rename = "use")]
    pub purpose: Option<Purpose>,
    /// The number; empty for none.
    #[serde(default)]
    pub phone: String,
    /// The address; empty for none.
    #[serde(default)]
    pub email: String,
    /// Pages.
    #[serde(default)]
    pub links: Vec<Page>,
    /// What else is to be known; empty for nothing.
    #[serde(default)]
    pub note: String,
}

/// A page on the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// What is found there.
    pub title: String,
    /// Its address.
    pub url: String,
}

/// What the desk itself uses a card for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Its number is given to callers whose business has nothing to do with AWS (C2).
    OtherBusiness,
    /// Its address is given to callers who can mail (C6 to C8).
    Support,
}

const SHIPPED: &str = include_str!("../../data/contacts.toml");

impl Default for Contacts {
    /// As shipped.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant text, read by every test run")]
        static READ: LazyLock<Contacts> =
            LazyLock::new(|| read_contacts("").expect("the shipped contacts"));
        READ.clone()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    contact: Vec<Spanned<Card>>,
}

/// Reads `contacts.toml`; empty text is the contacts as shipped.
///
/// # Errors
/// Everything wrong, by line.
pub fn read_contacts(text: &str) -> Result<Contacts, Vec<LineError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = if text.trim().is_empty() { SHIPPED } else { text };
    let line_at = |start: usize| text.get(..start).unwrap_or(text).matches('\n').count() + 1;
    let file: File = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(span.start));
        let example = "[[contact]] name = \"Zendesk 기술지원\", phone = \"1668-4108\"";
        vec![LineError { line, text: format!("{} 예: {example}", in_korean(error.message())) }]
    })?;
    let mut errors = Vec::new();
    let mut wrong = |line, text: String| errors.push(LineError { line, text });
    let mut cards: Vec<Card> = Vec::new();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let (mut other_business, mut support) = (None, None);
    for card in file.contact {
        let line = line_at(card.span().start);
        let mut card = card.into_inner();
        let name = card.name.trim().to_owned();
        if even(&name).is_empty() {
            wrong(line, "name이 비어 있습니다. 예: name = \"Zendesk 기술지원\"".to_owned());
        }
        for called in card.called().filter(|called| !even(called).is_empty()) {
            if let Some(first) = names.insert(even(called), line).filter(|first| *first != line) {
                wrong(
                    line,
                    format!(
                        "이름 \"{called}\"이(가) 이미 있습니다 ({first}행). 서로 다른 이름을 적어 주십시오."
                    ),
                );
            }
        }
        if !card.phone.trim().is_empty() {
            match read_any_phone(&card.phone) {
                Ok(number) => card.phone = number.0,
                Err(text) => wrong(line, format!("{name}: {text}")),
            }
        }
        if !card.email.is_empty() && !is_email(&card.email) {
            wrong(
                line,
                format!(
                    "{name}: email \"{}\"을(를) 읽을 수 없습니다. 예: support@example.com",
                    card.email
                ),
            );
        }
        for page in &card.links {
            let known = url::Url::parse(&page.url).is_ok_and(|url| url.scheme() == "https");
            if !known {
                wrong(
                    line,
                    format!(
                        "{name}: 주소 \"{}\"을(를) 읽을 수 없습니다. 예: https://status.zendesk.com/",
                        page.url
                    ),
                );
            }
        }
        if card.phone.is_empty() && card.email.is_empty() && card.links.is_empty() {
            wrong(line, format!("{name}: phone, email, links 가운데 하나는 적어 주십시오."));
        }
        let mut twice = |again: bool, purpose: &str| {
            if again {
                wrong(line, format!("use = \"{purpose}\"가 둘입니다. 하나만 적어 주십시오."));
            }
        };
        match card.purpose {
            None => {}
            Some(Purpose::OtherBusiness) if card.phone.is_empty() => {
                wrong(line, format!("{name}: use = \"other-business\"에는 phone이 있어야 합니다."));
            }
            Some(Purpose::Support) if card.email.is_empty() => {
                wrong(line, format!("{name}: use = \"support\"에는 email이 있어야 합니다."));
            }
            Some(Purpose::OtherBusiness) => {
                let first = other_business.replace(PhoneNumber(card.phone.clone()));
                twice(first.is_some(), "other-business");
            }
            Some(Purpose::Support) => {
                let first = support.replace(card.email.clone());
                twice(first.is_some(), "support");
            }
        }
        cards.push(card);
    }
    let of = |purpose| cards.iter().any(|card| card.purpose == Some(purpose));
    if !of(Purpose::OtherBusiness) {
        let text = "use = \"other-business\"인 연락처가 없습니다. AWS 외 문의에 안내할 번호를 적어 주십시오 (C2).";
        errors.push(LineError { line: 1, text: text.to_owned() });
    }
    if !of(Purpose::Support) {
        let text = "use = \"support\"인 연락처가 없습니다. 고객이 문의를 남길 메일 주소를 적어 주십시오 (C6).";
        errors.push(LineError { line: 1, text: text.to_owned() });
    }
    match (other_business, support) {
        (Some(other_business), Some(support)) if errors.is_empty() => {
            Ok(Contacts { cards, other_business, support })
        }
        (Some(_) | None, _) => Err(errors),
    }
}

/// A name made even: width, case and spaces do not matter.
fn even(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

impl Card {
    fn called(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

impl Contacts {
    /// The cards that are called so; else those that have it in a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Vec<&Card> {
        let key = even(name);
        let named = |fits: &dyn Fn(&str) -> bool| -> Vec<&Card> {
            self.cards.iter().filter(|card| card.called().any(fits)).collect()
        };
        let exact = named(&|called| even(called) == key);
        if exact.is_empty() { named(&|called| even(called).contains(&key)) } else { exact }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_shipped_cards_are_there() {
        let shipped = read_contacts("").unwrap();
        assert_eq!(shipped.other_business.as_str(), "02-6249-6111");
        assert_eq!(shipped.support, "support@saltware.co.kr");
        assert_eq!(shipped.find("matrixcloud")[0].phone, "1668-4108");
        assert_eq!(shipped.find("젠데스크")[0].links.len(), 2);
        assert_eq!(shipped.find("기술지원").len(), 2);
        assert_eq!(shipped.find("").len(), shipped.cards.len());
        assert!(shipped.find("없는 곳").is_empty());
    }

    #[test]
    fn what_is_wrong_bears_its_line() {
        let more = |text: &str| format!("{SHIPPED}\n[[contact]]\n{text}");
        let last = SHIPPED.lines().count() + 2;
        for (text, line, said) in [
            (more("name = \"가\"\n"), last, "하나는"),
            (more("name = \" \"\nphone = \"02-6249-6111\"\n"), last, "name이 비어"),
            (more("name = \"zendesk\"\nphone = \"02-6249-6111\"\n"), last, "이미 있습니다"),
            (more("name = \"가\"\nphone = \"없음\"\n"), last, "전화번호"),
            (more("name = \"가\"\nemail = \"가\"\n"), last, "email"),
            (
                more("name = \"가\"\nlinks = [{ title = \"가\", url = \"http:/x\" }]\n"),
                last,
                "주소",
            ),
            (
                more("name = \"가\"\nuse = \"support\"\nphone = \"02-6249-6111\"\n"),
                last,
                "email이 있어야",
            ),
            (
                more("name = \"가\"\nuse = \"support\"\nemail = \"a@example.com\"\n"),
                last,
                "둘입니다",
            ),
            (more("name = \"가\"\ntel = \"02-6249-6111\"\n"), last + 2, "모르는 항목"),
            (SHIPPED.replace("use = \"support\"\n", ""), 1, "support"),
        ] {
            let errors = read_contacts(&text).unwrap_err();
            assert_eq!(errors[0].line, line, "{text}: {errors:?}");
            assert!(errors[0].text.contains(said), "{text}: {errors:?}");
        }
    }
}
