//! Forms (modals) and the app's home: opened by the app, filled in by a person, answered by the app.

use super::blocks::{self, Field};
use super::{Delivery, DeliveryKind, Refused, Workspace};
use crate::domain::ids::SlackUser;
use crate::domain::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How deep forms stack.
pub(super) const DEEPEST: usize = 3;

/// A form or a home as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Slack's id.
    pub id: String,
    /// Whose it is.
    pub user: SlackUser,
    /// As the app sent it, with the ids that Slack fills in.
    pub body: Value,
    /// Changes with every change.
    pub hash: String,
    /// The form below it.
    pub previous: Option<String>,
    /// The lowest form of the stack.
    pub root: String,
    /// What the app said is wrong, by block.
    pub errors: BTreeMap<String, String>,
    /// What was handed in last, by block.
    pub answers: BTreeMap<String, String>,
}

/// A form as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenForm {
    /// Slack's id.
    pub view_id: String,
    /// What stands above it.
    pub title: String,
    /// What stands on the button that hands it in.
    pub submit: String,
    /// The app's name for the kind of form.
    pub callback_id: String,
    /// What the app keeps with it.
    pub private_metadata: String,
    /// What a person reads beside the labels.
    pub text: String,
    /// The fields, in order; `initial` is what was handed in last, if anything was.
    pub fields: Vec<Field>,
}

/// What an acknowledgement of a `view_submission` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The form closed, or every form of the person did.
    Closed,
    /// The form stays, with errors at its fields.
    Errors,
    /// Another form stands in its place or on top of it.
    Changed,
    /// The answer was none that Slack takes, or the form had gone.
    Invalid,
}

impl Workspace {
    /// The form on top for a person.
    #[must_use]
    pub fn modal(&self, user: &SlackUser) -> Option<&View> {
        self.modals.get(user)?.last()
    }

    /// The form on top for a person, as the person sees it.
    #[must_use]
    pub fn open_form(&self, user: &SlackUser) -> Option<OpenForm> {
        let view = self.modal(user)?;
        let mut fields = blocks::fields(view.blocks());
        for field in &mut fields {
            field.error = view.errors.get(&field.block_id).cloned();
            if let Some(answer) = view.answers.get(&field.block_id) {
                field.initial.clone_from(answer);
            }
        }
        Some(OpenForm {
            view_id: view.id.clone(),
            title: blocks::string(&view.body["title"]["text"]),
            submit: blocks::string(&view.body["submit"]["text"]),
            callback_id: blocks::string(&view.body["callback_id"]),
            private_metadata: blocks::string(&view.body["private_metadata"]),
            text: self.words("", view.blocks()),
            fields,
        })
    }

    /// Hands in the form that is open for a person. Fields are named by label or block; those not named keep what they hold. A
    /// choice is named by its label or value, a person by id, name or `@name`.
    ///
    /// Slack's client would not send a form whose required field is blank: [`Self::blank_fields`] tells.
    ///
    /// # Errors
    /// No form is open, it has no such field, or the field no such choice.
    pub fn submit(
        &mut self,
        now: Time,
        user: &SlackUser,
        fields: &BTreeMap<String, String>,
    ) -> Result<Delivery, Refused> {
        let answers = self.answers(user, fields)?;
        let trigger = self.trigger(now, user);
        let stack = self.modals.get_mut(user).ok_or(Refused::NoOpenForm)?;
        let view = stack.last_mut().ok_or(Refused::NoOpenForm)?;
        view.answers = answers;
        view.errors.clear();
        let view = view.clone();
        let mut payload = self.interaction("view_submission", user);
        payload["trigger_id"] = json!(trigger);
        payload["view"] = self.view_json(&view);
        payload["response_urls"] = json!([]);
        Ok(Delivery { kind: DeliveryKind::Interactive, payload })
    }

    /// The labels of required fields that would be blank if the form were handed in so.
    ///
    /// # Errors
    /// As [`Self::submit`].
    pub fn blank_fields(
        &self,
        user: &SlackUser,
        fields: &BTreeMap<String, String>,
    ) -> Result<Vec<Field>, Refused> {
        let answers = self.answers(user, fields)?;
        let view = self.modal(user).ok_or(Refused::NoOpenForm)?;
        let blank = |field: &Field| {
            answers.get(&field.block_id).is_none_or(|answer| answer.trim().is_empty())
        };
        let all = blocks::fields(view.blocks());
        Ok(all.into_iter().filter(|field| !field.optional && blank(field)).collect())
    }

    /// Every field's answer by block: what is given now, else what was given or stood there before.
    fn answers(
        &self,
        user: &SlackUser,
        given: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, Refused> {
        let form = self.open_form(user).ok_or(Refused::NoOpenForm)?;
        let there = || form.fields.iter().map(|field| field.label.clone()).collect();
        let mut answers: BTreeMap<String, String> = BTreeMap::new();
        for (name, answer) in given {
            let mut named =
                form.fields.iter().filter(|field| field.block_id == *name || field.label == *name);
            let field = named
                .next()
                .ok_or_else(|| Refused::NoSuchField { read: name.clone(), there: there() })?;
            answers.insert(field.block_id.clone(), self.choice(field, answer)?);
        }
        for field in form.fields {
            answers.entry(field.block_id).or_insert(field.initial);
        }
        Ok(answers)
    }

    fn choice(&self, field: &Field, answer: &str) -> Result<String, Refused> {
        let answer = answer.trim_end_matches('\r');
        let wrong = |there: Vec<String>| Refused::NoSuchChoice {
            field: field.label.clone(),
            read: answer.to_owned(),
            there,
        };
        match field.kind.as_str() {
            _ if answer.trim().is_empty() => Ok(String::new()),
            "users_select" => {
                let name = answer.trim().trim_start_matches('@');
                let by_id = self.users.get(&SlackUser(name.to_owned()));
                let user = by_id.or_else(|| self.user_named(name));
                user.map(|user| user.id.to_string()).ok_or_else(|| wrong(Vec::new()))
            }
            "static_select" | "radio_buttons" => field
                .options
                .iter()
                .find(|(label, value)| label == answer || value == answer)
                .map(|(_, value)| value.clone())
                .ok_or_else(|| {
                    wrong(field.options.iter().map(|(label, _)| label.clone()).collect())
                }),
            _ => Ok(answer.to_owned()),
        }
    }

    /// A person closes the form on top: the app is told if it asked to be.
    ///
    /// # Errors
    /// No form is open.
    pub fn close_form(&mut self, user: &SlackUser) -> Result<Option<Delivery>, Refused> {
        let stack = self.modals.get_mut(user).ok_or(Refused::NoOpenForm)?;
        let view = stack.pop().ok_or(Refused::NoOpenForm)?;
        if view.body["notify_on_close"].as_bool() != Some(true) {
            return Ok(None);
        }
        let mut payload = self.interaction("view_closed", user);
        payload["view"] = self.view_json(&view);
        payload["is_cleared"] = json!(false);
        Ok(Some(Delivery { kind: DeliveryKind::Interactive, payload }))
    }

    /// The app's acknowledgement of a `view_submission`, with or without a `response_action`.
    pub fn answer_form(
        &mut self,
        user: &SlackUser,
        view_id: &str,
        answer: Option<&Value>,
    ) -> Answered {
        let action = answer.and_then(|answer| answer["response_action"].as_str());
        let Some(at) = self.form_place(user, view_id) else { return Answered::Invalid };
        match action {
            None => {
                self.modals.entry(user.clone()).or_default().truncate(at);
                Answered::Closed
            }
            Some("clear") => {
                self.modals.remove(user);
                Answered::Closed
            }
            Some("errors") => {
                let errors = answer.and_then(|answer| answer["errors"].as_object());
                self.set_errors(user, at, errors)
            }
            Some("update" | "push") => {
                let fresh = answer.map_or(Value::Null, |answer| answer["view"].clone());
                let Ok(body) = self.accept_view(&fresh) else { return Answered::Invalid };
                if action == Some("push") {
                    if at + 1 >= DEEPEST {
                        return Answered::Invalid;
                    }
                    self.push_modal(user, body);
                } else {
                    self.replace_modal(user, at, body);
                }
                Answered::Changed
            }
            Some(_) => Answered::Invalid,
        }
    }

    fn set_errors(
        &mut self,
        user: &SlackUser,
        at: usize,
        errors: Option<&Map<String, Value>>,
    ) -> Answered {
        let view = self.modals.get_mut(user).and_then(|stack| stack.get_mut(at));
        let (Some(view), Some(errors)) = (view, errors) else { return Answered::Invalid };
        let known = blocks::fields(view.blocks());
        if errors.is_empty()
            || !errors.keys().all(|id| known.iter().any(|field| field.block_id == *id))
        {
            return Answered::Invalid;
        }
        view.errors = errors.iter().map(|(id, text)| (id.clone(), blocks::string(text))).collect();
        Answered::Errors
    }

    fn form_place(&self, user: &SlackUser, view_id: &str) -> Option<usize> {
        self.modals.get(user)?.iter().position(|view| view.id == view_id)
    }

    /// Marks a form whose handing-in the app did not acknowledge, as Slack's client does.
    pub fn form_unanswered(&mut self, user: &SlackUser, view_id: &str, text: &str) {
        let Some(at) = self.form_place(user, view_id) else { return };
        if let Some(view) = self.modals.get_mut(user).and_then(|stack| stack.get_mut(at)) {
            view.errors.insert(String::new(), text.to_owned());
        }
    }

    pub(super) fn accept_view(&mut self, view: &Value) -> Result<Value, Vec<String>> {
        let mut serial = self.serial;
        let accepted = blocks::accept_view(view, || {
            serial += 1;
            format!("b{serial:x}")
        });
        self.serial = serial;
        accepted
    }

    /// Puts a form on top of the person's stack and returns it.
    pub(super) fn push_modal(&mut self, user: &SlackUser, body: Value) -> View {
        let mut view = self.new_view(user, body);
        let stack = self.modals.entry(user.clone()).or_default();
        if let Some(below) = stack.last() {
            view.previous = Some(below.id.clone());
            view.root.clone_from(&below.root);
        }
        stack.push(view.clone());
        view
    }

    pub(super) fn new_view(&mut self, user: &SlackUser, body: Value) -> View {
        let n = self.next_serial();
        let id = format!("V0SBX{n:06}");
        View {
            root: id.clone(),
            id,
            user: user.clone(),
            body,
            hash: format!("{n}.sandbox"),
            previous: None,
            errors: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// Other contents for a form; what was filled in stays where the block is still there.
    pub(super) fn replace_modal(
        &mut self,
        user: &SlackUser,
        at: usize,
        body: Value,
    ) -> Option<View> {
        let n = self.next_serial();
        let view = self.modals.get_mut(user)?.get_mut(at)?;
        view.body = body;
        view.hash = format!("{n}.sandbox");
        view.errors.clear();
        Some(view.clone())
    }

    /// A view as Slack writes it, with `state.values`.
    pub(super) fn view_json(&self, view: &View) -> Value {
        let mut values = Map::new();
        for block in view.blocks().iter().filter(|block| block["type"] == "input") {
            let (block_id, element) = (blocks::string(&block["block_id"]), &block["element"]);
            let answer =
                view.answers.get(&block_id).cloned().unwrap_or_else(|| blocks::initial(element));
            let mut inner = Map::new();
            inner.insert(blocks::string(&element["action_id"]), blocks::state(element, &answer));
            values.insert(block_id, Value::Object(inner));
        }
        let body = &view.body;
        let or_default =
            |key: &str, other: Value| if body[key].is_null() { other } else { body[key].clone() };
        json!({
            "id": view.id,
            "team_id": self.team_id,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": or_default("private_metadata", json!("")),
            "callback_id": or_default("callback_id", json!("")),
            "state": { "values": values },
            "hash": view.hash,
            "title": or_default("title", json!({ "type": "plain_text", "text": "View Title", "emoji": true })),
            "clear_on_close": or_default("clear_on_close", json!(false)),
            "notify_on_close": or_default("notify_on_close", json!(false)),
            "close": body["close"],
            "submit": body["submit"],
            "previous_view_id": view.previous,
            "root_view_id": view.root,
            "app_id": self.bot.app_id,
            "external_id": or_default("external_id", json!("")),
            "app_installed_team_id": self.team_id,
            "bot_id": self.bot.bot_id,
        })
    }
}

impl View {
    /// Its blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Value] {
        self.body["blocks"].as_array().map_or(&[], Vec::as_slice)
    }
}
