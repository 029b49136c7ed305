//! The form of `/call`: what was typed, held against the customer record. Only what the kind needs is asked for.

use super::super::super::customers::Customer;
use super::super::super::desk::Desk;
use super::super::super::ids::{AccountId, PhoneNumber};
use super::super::super::message::FieldError;
use super::super::super::people::contact::read_any_phone;
use super::super::super::words::inquiry as words;
use super::Kind;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// What the form says.
#[derive(Debug)]
pub(super) struct Heard<'a> {
    pub(super) kind: Kind,
    pub(super) customer: Option<&'a Customer>,
    /// The company as it was typed.
    pub(super) company: String,
    pub(super) caller: String,
    pub(super) belongs: String,
    pub(super) number: Option<PhoneNumber>,
    pub(super) last_four: String,
    pub(super) about: String,
    pub(super) can_mail: bool,
}

/// So many letters one line may have.
const LINE: usize = 80;
/// And 내용.
const ABOUT: usize = 1_000;

/// The account as it is said on the telephone, or whole.
enum Digits {
    LastFour(String),
    Whole(AccountId),
}

fn digits(text: &str) -> Result<Option<Digits>, String> {
    let bare: String =
        text.nfkc().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '*' | 'x' | 'X')).collect();
    if bare.is_empty() {
        return Ok(None);
    }
    let is_digits = bare.bytes().all(|digit| digit.is_ascii_digit());
    match (is_digits, bare.len()) {
        (true, 4) => Ok(Some(Digits::LastFour(bare))),
        (true, 12) => {
            bare.parse().map(Digits::Whole).map(Some).map_err(|_| words::bad_digits(text))
        }
        (true | false, _) => Err(words::bad_digits(text)),
    }
}

impl Digits {
    fn last_four(&self) -> &str {
        match self {
            Self::LastFour(digits) => digits,
            Self::Whole(account) => account.last_four(),
        }
    }

    fn owners<'a>(&self, desk: &'a Desk) -> Vec<&'a Customer> {
        let customers = &desk.customers.value;
        match self {
            Self::LastFour(digits) => customers.by_last_four(digits),
            Self::Whole(account) => customers.by_account(account).into_iter().collect(),
        }
    }
}

/// Which customer name and digits lead to (C4).
fn customer<'a>(
    desk: &'a Desk,
    name: &str,
    digits: Option<&Digits>,
    needed: bool,
) -> Result<Option<&'a Customer>, (&'static str, String)> {
    let named = desk.customers.value.find(name);
    let owners = digits.map(|digits| (digits.last_four(), digits.owners(desk)));
    match (named, owners) {
        (Some(one), None) => Ok(Some(one)),
        (Some(one), Some((digits, owners))) => {
            let fits = owners.iter().any(|owner| owner.name == one.name);
            if fits || (owners.is_empty() && !needed) {
                Ok(Some(one))
            } else {
                Err(("account", words::contradiction(&one.name, digits, &owners)))
            }
        }
        (None, Some((digits, owners))) if name.is_empty() => match owners.as_slice() {
            [one] => Ok(Some(one)),
            _ if !needed => Ok(None),
            [] => Err(("account", words::no_such_digits(digits))),
            [_, _, ..] => Err(("account", words::several(digits, &owners))),
        },
        (None, _) if !needed => Ok(None),
        (None, Some((digits, owners))) => {
            Err(("customer", words::unknown_name(desk, name, Some((digits, &owners)))))
        }
        (None, None) if name.is_empty() => Err(("customer", words::customer_missing())),
        (None, None) => Err(("customer", words::unknown_name(desk, name, None))),
    }
}

/// Reads the form.
///
/// # Errors
/// Everything that is wrong, by field.
pub(super) fn read<'a>(
    desk: &'a Desk,
    fields: &BTreeMap<String, String>,
) -> Result<Heard<'a>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    let field = |key: &str| fields.get(key).map_or("", |text| text.trim()).to_owned();
    let one_line = |key: &str| field(key).split_whitespace().collect::<Vec<_>>().join(" ");
    let Some(kind) = words::KINDS.iter().find(|(_, word)| *word == field("kind")) else {
        wrong("kind", words::kind_missing(&field("kind")));
        return Err(errors);
    };
    let kind = kind.0;
    let can_mail = field("mail") != words::CANNOT_MAIL;
    let names = [one_line("customer"), one_line("caller"), one_line("belongs")];
    for (key, text) in ["customer", "caller", "belongs"].into_iter().zip(&names) {
        if text.chars().count() > LINE {
            wrong(key, words::too_long(LINE));
        }
    }
    let [company, caller, belongs] = names;
    let about = field("about");
    if about.chars().count() > ABOUT {
        wrong("about", words::too_long(ABOUT));
    }
    let needs_customer = match kind {
        Kind::Outage | Kind::General => true,
        Kind::OtherBusiness | Kind::NotTechnical => false,
    };
    let digits = digits(&field("account")).unwrap_or_else(|text| {
        wrong("account", text);
        None
    });
    let of_field = |error: &FieldError| ["customer", "account"].contains(&error.key.as_str());
    let customer = match customer(desk, &company, digits.as_ref(), needs_customer) {
        Ok(customer) => customer,
        Err((key, text)) => {
            // what cannot be read at all is told alone
            if !errors.iter().any(of_field) {
                errors.push(FieldError { key: key.to_owned(), text });
            }
            None
        }
    };
    let mut wrong = |key: &str, text: String| errors.push(FieldError { key: key.to_owned(), text });
    if kind == Kind::NotTechnical {
        for (key, text, example) in [("caller", &caller, "한별"), ("belongs", &belongs, "한빛전자")]
        {
            if text.is_empty() {
                wrong(key, words::missing_in_memo(example));
            }
        }
    }
    let needs_number = match kind {
        Kind::NotTechnical | Kind::Outage => true,
        Kind::General => !can_mail,
        Kind::OtherBusiness => false,
    };
    let number = match field("number") {
        text if text.is_empty() => {
            if needs_number {
                wrong("number", words::number_missing(kind));
            }
            None
        }
        text => read_any_phone(&text).map_err(|text| wrong("number", text)).ok(),
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    let last_four = digits.map_or_else(String::new, |digits| digits.last_four().to_owned());
    Ok(Heard { kind, customer, company, caller, belongs, number, last_four, about, can_mail })
}
