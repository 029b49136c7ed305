//! Names of things, parsed once at the edge.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Whether a text is the ARN of an SNS topic: `arn:aws:sns:ap-northeast-2:123456789012:coc-alarms`.
#[must_use]
pub fn is_topic_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let ["arn", partition, "sns", region, account, name] = parts.as_slice() else { return false };
    let of = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let name = name.strip_suffix(".fifo").unwrap_or(name);
    ["aws", "aws-cn", "aws-us-gov"].contains(partition)
        && of(region, &['-'])
        && account.len() == 12
        && account.bytes().all(|digit| digit.is_ascii_digit())
        && name.len() <= 256
        && of(name, &['-', '_'])
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A Slack user (`U…`).
    SlackUser
);
text_id!(
    /// A Slack user group (`S…`).
    SlackGroup
);
text_id!(
    /// A Slack channel (`C…`).
    ChannelId
);
text_id!(
    /// A Slack message's timestamp, its name within the channel (`1754398800.000100`).
    Ts
);
text_id!(
    /// A person by the name that the guide and the customer record use (`가온별`).
    Name
);
text_id!(
    /// A ticket by the link that people paste.
    TicketLink
);
text_id!(
    /// A telephone number as written (`010-0000-1001`).
    PhoneNumber
);

impl Name {
    /// The name as it is spoken to or of: `가온별 님`.
    #[must_use]
    pub fn polite(&self) -> String {
        format!("{} 님", self.0)
    }
}

impl Ts {
    /// The instant that Slack stamped, to the microsecond.
    #[must_use]
    pub fn time(&self) -> Option<super::time::Time> {
        let (seconds, fraction) = self.0.split_once('.')?;
        let micros: u32 = fraction.parse().ok()?;
        let at =
            chrono::DateTime::from_timestamp(seconds.parse().ok()?, micros.checked_mul(1000)?)?;
        Some(super::time::in_seoul(&at))
    }
}

impl TicketLink {
    /// The ticket's number at the support desk, in every shape of link that people paste: `/agent/tickets/4242`, `/tickets/4242`,
    /// `/requests/4242`, `/api/v2/tickets/4242.json`.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let path = self.0.split(['?', '#']).next()?;
        let mut parts = path.split('/');
        parts.find(|part| matches!(*part, "tickets" | "requests"))?;
        parts.next()?.trim_end_matches(".json").parse().ok()
    }
}

/// One message of one channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageRef {
    /// Where it stands.
    pub channel: ChannelId,
    /// Its timestamp there.
    pub ts: Ts,
}

/// A case's number, counted from 1, as people type it (`/coc why 12`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub u64);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// An errand's name: the journal record that owed it, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ErrandId {
    /// The sequence number of the record.
    pub seq: u64,
    /// Counted from 0 within the record.
    pub nth: u16,
}

impl fmt::Display for ErrandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seq, self.nth)
    }
}

impl From<ErrandId> for String {
    fn from(id: ErrandId) -> Self {
        id.to_string()
    }
}

/// A text that names no errand.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not an errand id (expected e.g. 12.0)")]
pub struct NotAnErrandId(String);

impl std::str::FromStr for ErrandId {
    type Err = NotAnErrandId;

    fn from_str(text: &str) -> Result<Self, NotAnErrandId> {
        text.split_once('.')
            .and_then(|(seq, nth)| Some(Self { seq: seq.parse().ok()?, nth: nth.parse().ok()? }))
            .ok_or_else(|| NotAnErrandId(text.to_owned()))
    }
}

impl TryFrom<String> for ErrandId {
    type Error = NotAnErrandId;

    fn try_from(text: String) -> Result<Self, NotAnErrandId> {
        text.parse()
    }
}

/// An AWS account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The last four digits, all that is said on the telephone.
    #[must_use]
    pub fn last_four(&self) -> &str {
        &self.0[8..]
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

/// A text that is no account number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{read}\"은(는) {digits}자리입니다. 12자리 숫자로 적어 주십시오. 예: 123456789012")]
pub struct NotAnAccount {
    /// What was read.
    pub read: String,
    /// How many digits it has.
    pub digits: usize,
}

impl std::str::FromStr for AccountId {
    type Err = NotAnAccount;

    /// Takes twelve digits, with dashes or spaces between them or not.
    fn from_str(text: &str) -> Result<Self, NotAnAccount> {
        let bare: String = text.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
        if bare.len() == 12 && bare.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(bare));
        }
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        Err(NotAnAccount { read: text.trim().to_owned(), digits })
    }
}

impl TryFrom<String> for AccountId {
    type Error = NotAnAccount;

    fn try_from(text: String) -> Result<Self, NotAnAccount> {
        text.parse()
    }
}
