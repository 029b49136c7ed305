//! The envelopes in which Slack hands things to the app.

use super::{Channel, Workspace};
use crate::domain::ids::SlackUser;
use crate::domain::time::Time;
use serde_json::{Value, json};

/// One thing that Slack hands to the app.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// By which way.
    pub kind: DeliveryKind,
    /// The body: what HTTP mode posts, and what Socket Mode puts under `payload`.
    pub payload: Value,
}

/// The ways to the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryKind {
    /// An `event_callback`.
    Event,
    /// `block_actions`, `view_submission`, `view_closed`.
    Interactive,
    /// A slash command.
    Command,
}

impl DeliveryKind {
    /// Socket Mode's name for it.
    #[must_use]
    pub fn envelope_type(self) -> &'static str {
        match self {
            Self::Event => "events_api",
            Self::Interactive => "interactive",
            Self::Command => "slash_commands",
        }
    }

    /// Whether an acknowledgement may bear an answer.
    #[must_use]
    pub fn accepts_response(self) -> bool {
        match self {
            Self::Event => false,
            Self::Interactive | Self::Command => true,
        }
    }
}

/// Slack's verification token, long deprecated and still in every payload.
pub(in crate::sandbox) const VERIFICATION_TOKEN: &str = "sandbox-verification-token";

impl Workspace {
    /// An event in the envelope that the Events API uses.
    pub(super) fn event(&mut self, now: Time, event: Value) -> Delivery {
        let n = self.next_serial();
        let payload = json!({
            "token": VERIFICATION_TOKEN,
            "team_id": self.team_id,
            "context_team_id": self.team_id,
            "context_enterprise_id": null,
            "api_app_id": self.bot.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": format!("Ev0SBX{n:06}"),
            "event_time": now.timestamp(),
            "authorizations": [{
                "enterprise_id": null,
                "team_id": self.team_id,
                "user_id": self.bot.user,
                "is_bot": true,
                "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": false,
            "event_context": format!("4-sandbox-{n}"),
        });
        Delivery { kind: DeliveryKind::Event, payload }
    }

    /// What every interaction payload begins with.
    pub(super) fn interaction(&self, kind: &str, user: &SlackUser) -> Value {
        let handle = self.users.get(user).map_or("", |user| user.handle.as_str());
        json!({
            "type": kind,
            "user": { "id": user, "username": handle, "name": handle, "team_id": self.team_id },
            "api_app_id": self.bot.app_id,
            "token": VERIFICATION_TOKEN,
            "team": { "id": self.team_id, "domain": self.team_domain },
            "enterprise": null,
            "is_enterprise_install": false,
        })
    }

    /// The name that payloads give to a channel.
    pub(super) fn payload_name(channel: &Channel) -> &str {
        if channel.direct_with.is_some() { "directmessage" } else { &channel.name }
    }

    /// Whether what happens in the channel is told to the app: the app is in it, and it is no direct message (the app does not
    /// ask for `im:history`).
    pub(super) fn overhears(&self, channel: &Channel) -> bool {
        channel.direct_with.is_none() && channel.members.contains(&self.bot.user)
    }
}
