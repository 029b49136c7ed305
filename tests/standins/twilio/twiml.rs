//! TwiML as the stand-in reads it: strictly.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// One of the verbs that are carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Say(String),
    Gather { action: String, digits: usize, waits: u64, says: Vec<String> },
    Hangup,
}

type Attributes = BTreeMap<String, String>;

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Vec<Verb>, String> {
    let mut reader = Reader::from_str(text);
    let mut verbs = Vec::new();
    let mut gather: Option<(Attributes, Vec<String>)> = None;
    let mut open: Vec<String> = Vec::new();
    let mut words: Option<String> = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Decl(_) => {}
            Event::Start(tag) => {
                let (name, attributes) = named(&tag)?;
                match (name.as_str(), open.last().map(String::as_str)) {
                    ("Response", None) => {}
                    ("Say", Some("Response" | "Gather")) => {
                        only(&attributes, &["language"])?;
                        words = Some(String::new());
                    }
                    ("Gather", Some("Response")) => gather = Some((attributes, Vec::new())),
                    _ => return Err(format!("<{name}> does not stand there")),
                }
                open.push(name);
            }
            Event::Empty(tag) => match (named(&tag)?.0.as_str(), open.last().map(String::as_str)) {
                ("Hangup", Some("Response")) => verbs.push(Verb::Hangup),
                (name, _) => return Err(format!("<{name}/> is not known")),
            },
            Event::Text(text) => {
                let text: &str = &text;
                match words.as_mut() {
                    Some(words) => words.push_str(text),
                    None if text.trim().is_empty() => {}
                    None => return Err(format!("{text:?} stands outside")),
                }
            }
            Event::GeneralRef(name) => {
                let name: &str = &name;
                let sign = quick_xml::escape::unescape(&format!("&{name};"))
                    .map_err(|error| error.to_string())?
                    .into_owned();
                words.as_mut().ok_or("a sign stands outside")?.push_str(&sign);
            }
            Event::End(_) => match open.pop().as_deref() {
                Some("Say") => {
                    let said = words.take().unwrap_or_default();
                    match gather.as_mut() {
                        Some((_, says)) => says.push(said),
                        None => verbs.push(Verb::Say(said)),
                    }
                }
                Some("Gather") => {
                    let (attributes, says) = gather.take().unwrap_or_default();
                    verbs.push(gathered(&attributes, says)?);
                }
                Some(_) | None => {}
            },
            Event::Eof if open.is_empty() && !verbs.is_empty() => return Ok(verbs),
            Event::Eof => return Err("nothing in it, or not all of it".to_owned()),
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => {
                return Err("something that TwiML has not".to_owned());
            }
        }
    }
}

fn named(tag: &BytesStart<'_>) -> Result<(String, Attributes), String> {
    let name = tag.name().as_ref().to_owned();
    let mut attributes = Attributes::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key = attribute.key.as_ref().to_owned();
        let value =
            quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?;
        attributes.insert(key, value.into_owned());
    }
    Ok((name, attributes))
}

fn only(attributes: &Attributes, known: &[&str]) -> Result<(), String> {
    match attributes.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("{key} is not known")),
        None => Ok(()),
    }
}

fn gathered(attributes: &Attributes, says: Vec<String>) -> Result<Verb, String> {
    only(attributes, &["input", "numDigits", "timeout", "action", "method", "finishOnKey"])?;
    let get = |name: &str| attributes.get(name).cloned().ok_or(format!("{name} is missing"));
    if get("input")? != "dtmf" || get("method")? != "POST" {
        return Err("a Gather of another kind".to_owned());
    }
    Ok(Verb::Gather {
        action: get("action")?,
        digits: get("numDigits")?.parse().map_err(|_| "numDigits")?,
        waits: get("timeout")?.parse().map_err(|_| "timeout")?,
        says,
    })
}
