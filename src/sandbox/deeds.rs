//! What people do on the page, one deed at a time, and what a practice workspace makes of it.

use super::backstage::{BotTurn, ClockTurn};
use super::notices::{Level, Status};
use super::workspace::{Delivery, Field, Pick, PressOn, Refused, Typing, Workspace, chosen};
use crate::domain::errand::CallEvent;
use crate::domain::ids::{ChannelId, MessageRef, SlackUser, Ts};
use crate::domain::time::Time;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Something done on the page.
#[derive(Deserialize)]
pub(super) struct Act {
    /// Who does it: an id or a name. Of no matter for the clock and the telephone.
    #[serde(default)]
    pub(super) who: String,
    #[serde(flatten)]
    pub(super) what: Deed,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Deed {
    Say {
        channel: String,
        #[serde(default)]
        thread: Option<Ts>,
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Edit {
        channel: String,
        ts: Ts,
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Delete {
        channel: String,
        ts: Ts,
    },
    React {
        channel: String,
        ts: Ts,
        emoji: String,
    },
    Unreact {
        channel: String,
        ts: Ts,
        emoji: String,
    },
    Press(Press),
    Slash {
        channel: String,
        command: String,
        #[serde(default)]
        text: String,
        #[serde(default)]
        raw: bool,
    },
    Submit {
        #[serde(default)]
        fields: BTreeMap<String, String>,
    },
    CloseView,
    Home,
    Presence {
        #[serde(default)]
        active: Option<bool>,
        #[serde(default)]
        status: Option<String>,
        #[serde(default)]
        emoji: Option<String>,
        #[serde(default)]
        dnd: Option<bool>,
    },
    Clock {
        turn: ClockTurn,
    },
    Bot {
        turn: BotTurn,
    },
    Phone {
        call: String,
        event: CallEvent,
    },
    /// An alarm of a customer's.
    Alarm {
        customer: String,
        level: Level,
        name: String,
    },
    /// AWS says something of its own services.
    Status {
        says: Status,
    },
    /// A ready scene begins.
    Scene {
        scene: String,
    },
}

/// A press of a button, or a choice made in a menu: by label, or by block and action.
#[derive(Deserialize)]
pub(super) struct Press {
    #[serde(default)]
    pub(super) on: Surface,
    #[serde(default)]
    pub(super) channel: String,
    #[serde(default)]
    pub(super) ts: Option<Ts>,
    #[serde(default)]
    pub(super) label: Option<String>,
    #[serde(default)]
    pub(super) block_id: String,
    #[serde(default)]
    pub(super) action_id: String,
    /// What was chosen, where there is a choice.
    #[serde(default)]
    pub(super) choice: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Surface {
    #[default]
    Message,
    Ephemeral,
    Home,
    Form,
}

impl Press {
    /// The message's stamp; blank for a surface that is no message.
    pub(super) fn stamp(&self) -> Ts {
        self.ts.clone().unwrap_or_else(|| Ts(String::new()))
    }
}

/// Why an act did not happen: words for the person, and for a form the fields that are wrong, by block.
pub(super) struct Trouble {
    pub(super) words: String,
    pub(super) fields: Map<String, Value>,
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Self {
        refused.to_string().into()
    }
}

impl From<String> for Trouble {
    fn from(words: String) -> Self {
        Self { words, fields: Map::new() }
    }
}

/// The person of that id or name.
///
/// # Errors
/// There is none, or more than one.
pub(super) fn person(workspace: &Workspace, who: &str) -> Result<SlackUser, Trouble> {
    let id = SlackUser(who.to_owned());
    if workspace.user(&id).is_some() {
        return Ok(id);
    }
    let named = workspace.user_named(who).ok_or(Refused::NoSuchUser(id))?;
    Ok(named.id.clone())
}

/// The channel of that id or name.
pub(super) fn place(workspace: &Workspace, channel: &str) -> ChannelId {
    let id = ChannelId(channel.to_owned());
    workspace.channel_named(channel).map_or(id, |channel| channel.id.clone())
}

/// Does in Slack what a person does there; returns what the page is told and what Slack tells the app.
///
/// # Errors
/// Why the person cannot do that now.
pub(super) fn do_in_slack(
    workspace: &mut Workspace,
    now: Time,
    user: &SlackUser,
    what: &Deed,
) -> Result<(Value, Vec<Delivery>), Trouble> {
    let typing = |raw: bool| if raw { Typing::Raw } else { Typing::Plain };
    let at = |workspace: &Workspace, channel: &str, ts: &Ts| MessageRef {
        channel: place(workspace, channel),
        ts: ts.clone(),
    };
    let deliveries = match what {
        Deed::Say { channel, thread, text, raw } => {
            let channel = place(workspace, channel);
            let (at, told) =
                workspace.say(now, user, &channel, thread.as_ref(), text, typing(*raw))?;
            return Ok((json!({ "channel": at.channel, "ts": at.ts }), told));
        }
        Deed::Edit { channel, ts, text, raw } => {
            let at = at(workspace, channel, ts);
            workspace.edit(now, user, &at, text, typing(*raw))?
        }
        Deed::Delete { channel, ts } => {
            let at = at(workspace, channel, ts);
            workspace.delete(now, user, &at)?
        }
        Deed::React { channel, ts, emoji } => {
            let at = at(workspace, channel, ts);
            workspace.react(now, user, &at, emoji.trim_matches(':'))?
        }
        Deed::Unreact { channel, ts, emoji } => {
            let at = at(workspace, channel, ts);
            workspace.unreact(now, user, &at, emoji.trim_matches(':'))?
        }
        Deed::Press(press) => {
            let at = at(workspace, &press.channel, &press.stamp());
            let on = match press.on {
                Surface::Message => PressOn::Message(&at),
                Surface::Ephemeral => PressOn::Ephemeral(&at),
                Surface::Home => PressOn::Home,
                Surface::Form => PressOn::Form,
            };
            let pick = match &press.label {
                Some(label) => Pick::Label(label),
                None => Pick::Id { block_id: &press.block_id, action_id: &press.action_id },
            };
            let mut pressed = workspace.press(now, user, on, pick)?;
            if let Some(choice) = &press.choice {
                choose(&mut pressed.payload["actions"][0], choice);
            }
            vec![pressed]
        }
        Deed::Slash { channel, command, text, raw } => {
            let channel = place(workspace, channel);
            vec![workspace.slash(now, user, &channel, command, text, typing(*raw))?]
        }
        Deed::Submit { fields } => {
            let blank = workspace.blank_fields(user, fields)?;
            if !blank.is_empty() {
                return Err(blanks(&blank));
            }
            vec![workspace.submit(now, user, fields)?]
        }
        Deed::CloseView => workspace.close_form(user)?.into_iter().collect(),
        Deed::Home => vec![workspace.open_home(now, user)?],
        Deed::Presence { active, status, emoji, dnd } => {
            if let Some(active) = *active {
                workspace.set_presence(user, active)?;
            }
            if let Some(dnd) = *dnd {
                workspace.set_dnd(now, user, dnd)?;
            }
            match (status, emoji) {
                (None, None) => Vec::new(),
                (status, emoji) => {
                    let (status, emoji) = (text_of(status), text_of(emoji));
                    vec![workspace.set_status(now, user, status, emoji)?]
                }
            }
        }
        Deed::Clock { .. }
        | Deed::Bot { .. }
        | Deed::Phone { .. }
        | Deed::Alarm { .. }
        | Deed::Status { .. }
        | Deed::Scene { .. } => Vec::new(),
    };
    Ok((json!({}), deliveries))
}

fn text_of(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

/// Adds to a pressed element what was chosen in it, as Slack tells it.
fn choose(action: &mut Value, choice: &str) {
    if let (Value::Object(chosen), Some(action)) = (chosen(action, choice), action.as_object_mut())
    {
        action.extend(chosen);
    }
}

/// Slack's client keeps a form back while a required field is blank.
fn blanks(blank: &[Field]) -> Trouble {
    let fields = blank
        .iter()
        .map(|field| (field.block_id.clone(), json!("비어 있습니다. 값을 적어 주십시오.")))
        .collect();
    let labels: Vec<&str> = blank.iter().map(|field| field.label.as_str()).collect();
    Trouble {
        words: format!("필수 항목이 비어 있습니다: {}", labels.join(", ")), fields
    }
}
