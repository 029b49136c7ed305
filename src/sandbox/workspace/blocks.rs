//! Block Kit: Slack's limits, the ids Slack fills in, and what a person sees and can press.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Where blocks stand; the limits differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Surface {
    Message,
    View,
}

/// A button as it stands on a message now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// The app's name for it.
    pub action_id: String,
    /// The block that it stands in.
    pub block_id: String,
    /// What comes back when it is pressed.
    pub value: String,
}

/// A field of an open form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What stands above it.
    pub label: String,
    /// The app's name for its block.
    pub block_id: String,
    /// The app's name for its input.
    pub action_id: String,
    /// Slack's type: `plain_text_input`, `static_select`, `users_select` …
    pub kind: String,
    /// Whether it may stay blank.
    pub optional: bool,
    /// The advice below it.
    pub hint: String,
    /// What it holds at first: the text, the option's value, the user's id; empty for nothing.
    pub initial: String,
    /// What can be chosen: label and value.
    pub options: Vec<(String, String)>,
    /// What the app said is wrong with it.
    pub error: Option<String>,
}

/// Checks blocks against Slack's limits and gives every block and element the id that Slack would; `new_id` makes one.
///
/// # Errors
/// What is wrong, in Slack's words, each with its JSON pointer.
pub(super) fn accept(
    blocks: &[Value],
    surface: Surface,
    mut new_id: impl FnMut() -> String,
) -> Result<Vec<Value>, Vec<String>> {
    let mut check = Check { errors: Vec::new() };
    let most = match surface {
        Surface::Message => 50,
        Surface::View => 100,
    };
    if blocks.len() > most {
        check.say(&format!("no more than {most} items allowed"), "/blocks");
    }
    let mut block_ids = BTreeSet::new();
    let mut accepted = Vec::with_capacity(blocks.len());
    for (i, block) in blocks.iter().enumerate() {
        let place = format!("/blocks/{i}");
        check.block(block, &place);
        let mut block = block.clone();
        if let Some(fields) = block.as_object_mut() {
            if text_at(fields, "block_id").is_none_or(str::is_empty) {
                fields.insert("block_id".to_owned(), json!(new_id()));
            }
            let id = text_at(fields, "block_id").unwrap_or_default().to_owned();
            if id.chars().count() > 255 {
                check.say("must be less than 256 characters", &format!("{place}/block_id"));
            }
            if !block_ids.insert(id) {
                check.say("`block_id` must be unique", &format!("{place}/block_id"));
            }
            name_elements(fields, &mut new_id);
        }
        accepted.push(block);
    }
    if check.errors.is_empty() { Ok(accepted) } else { Err(check.errors) }
}

fn name_elements(block: &mut Map<String, Value>, new_id: &mut impl FnMut() -> String) {
    let mut name = |element: &mut Value| {
        let Some(fields) = element.as_object_mut() else { return };
        let passive =
            matches!(text_at(fields, "type"), None | Some("image" | "mrkdwn" | "plain_text"));
        if !passive && text_at(fields, "action_id").is_none_or(str::is_empty) {
            fields.insert("action_id".to_owned(), json!(new_id()));
        }
    };
    for slot in ["accessory", "element"] {
        if let Some(element) = block.get_mut(slot) {
            name(element);
        }
    }
    if block.get("type").and_then(Value::as_str) == Some("actions")
        && let Some(Value::Array(elements)) = block.get_mut("elements")
    {
        elements.iter_mut().for_each(name);
    }
}

/// What can stand beside a section, but for a picture.
const IN_SECTION: &[&str] = &[
    "button",
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "external_select",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];

/// What can stand in a row of actions.
const IN_ACTIONS: &[&str] = &[
    "button",
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "external_select",
    "overflow",
    "radio_buttons",
    "static_select",
    "timepicker",
    "users_select",
    "workflow_button",
];

/// What can be filled in.
const IN_INPUT: &[&str] = &[
    "channels_select",
    "checkboxes",
    "conversations_select",
    "datepicker",
    "datetimepicker",
    "email_text_input",
    "external_select",
    "file_input",
    "multi_channels_select",
    "multi_conversations_select",
    "multi_external_select",
    "multi_static_select",
    "multi_users_select",
    "number_input",
    "plain_text_input",
    "radio_buttons",
    "rich_text_input",
    "static_select",
    "timepicker",
    "url_text_input",
    "users_select",
];

struct Check {
    errors: Vec<String>,
}

impl Check {
    fn say(&mut self, what: &str, place: &str) {
        self.errors.push(format!("{what} [json-pointer:{place}]"));
    }

    fn block(&mut self, block: &Value, place: &str) {
        match block["type"].as_str() {
            Some("section") => self.section(block, place),
            Some("header") => self.text(&block["text"], &format!("{place}/text"), 150, true),
            Some("context") => self.context(block, place),
            Some("actions") => {
                let at = format!("{place}/elements");
                self.count(&block["elements"], &at, 25);
                let mut seen = BTreeSet::new();
                for (i, element) in items(&block["elements"]).enumerate() {
                    let at = format!("{at}/{i}");
                    self.element(element, &at, IN_ACTIONS);
                    if let Some(id) = element["action_id"].as_str()
                        && !seen.insert(id)
                    {
                        self.say(
                            "`action_id` must be unique within a block",
                            &format!("{at}/action_id"),
                        );
                    }
                }
            }
            Some("input") => {
                self.text(&block["label"], &format!("{place}/label"), 2000, true);
                if !block["hint"].is_null() {
                    self.text(&block["hint"], &format!("{place}/hint"), 2000, true);
                }
                if block["element"].is_object() {
                    self.element(&block["element"], &format!("{place}/element"), IN_INPUT);
                } else {
                    self.say("missing required field: element", place);
                }
            }
            Some("image") => {
                self.image(block, place);
                if !block["title"].is_null() {
                    self.text(&block["title"], &format!("{place}/title"), 2000, true);
                }
            }
            Some("markdown") => self.length(&block["text"], &format!("{place}/text"), 12_000),
            Some("divider" | "rich_text" | "file" | "video" | "table") => {}
            Some(other) => {
                self.say(&format!("unsupported type: {other}"), &format!("{place}/type"))
            }
            None => self.say("missing required field: type", place),
        }
    }

    fn section(&mut self, block: &Value, place: &str) {
        if block["text"].is_null() && block["fields"].is_null() {
            self.say("missing required field: text", place);
        }
        if !block["text"].is_null() {
            self.text(&block["text"], &format!("{place}/text"), 3000, false);
        }
        if !block["fields"].is_null() {
            let at = format!("{place}/fields");
            self.count(&block["fields"], &at, 10);
            for (i, field) in items(&block["fields"]).enumerate() {
                self.text(field, &format!("{at}/{i}"), 2000, false);
            }
        }
        if !block["accessory"].is_null() {
            let at = format!("{place}/accessory");
            if block["accessory"]["type"] == "image" {
                self.image(&block["accessory"], &at);
            } else {
                self.element(&block["accessory"], &at, IN_SECTION);
            }
        }
    }

    fn context(&mut self, block: &Value, place: &str) {
        let at = format!("{place}/elements");
        self.count(&block["elements"], &at, 10);
        for (i, element) in items(&block["elements"]).enumerate() {
            let at = format!("{at}/{i}");
            if element["type"] == "image" {
                self.image(element, &at);
            } else {
                self.text(element, &at, 3000, false);
            }
        }
    }

    fn image(&mut self, image: &Value, place: &str) {
        match image["alt_text"].as_str() {
            None | Some("") => self.say("missing required field: alt_text", place),
            Some(_) => self.length(&image["alt_text"], &format!("{place}/alt_text"), 2000),
        }
        if image["image_url"].is_null() && image["slack_file"].is_null() {
            self.say("missing required field: image_url", place);
        }
        self.length(&image["image_url"], &format!("{place}/image_url"), 3000);
    }

    fn element(&mut self, element: &Value, place: &str, allowed: &[&str]) {
        if let Some(kind) = element["type"].as_str()
            && !allowed.contains(&kind)
        {
            self.say(&format!("unsupported type: {kind}"), &format!("{place}/type"));
            return;
        }
        self.length(&element["action_id"], &format!("{place}/action_id"), 255);
        match element["type"].as_str() {
            Some("button") => {
                self.text(&element["text"], &format!("{place}/text"), 75, true);
                self.length(&element["value"], &format!("{place}/value"), 2000);
                self.length(&element["url"], &format!("{place}/url"), 3000);
                if !matches!(element["style"].as_str(), None | Some("primary" | "danger")) {
                    self.say("must be a valid enum value", &format!("{place}/style"));
                }
            }
            Some("static_select" | "multi_static_select") => {
                if element["option_groups"].is_null() {
                    self.options(&element["options"], &format!("{place}/options"), 100);
                } else {
                    let at = format!("{place}/option_groups");
                    self.count(&element["option_groups"], &at, 100);
                    for (i, group) in items(&element["option_groups"]).enumerate() {
                        let at = format!("{at}/{i}");
                        self.text(&group["label"], &format!("{at}/label"), 75, true);
                        self.options(&group["options"], &format!("{at}/options"), 100);
                    }
                }
            }
            Some("radio_buttons" | "checkboxes") => {
                self.options(&element["options"], &format!("{place}/options"), 10);
            }
            Some("overflow") => self.options(&element["options"], &format!("{place}/options"), 5),
            Some("plain_text_input") => {
                for (bound, least) in [("min_length", 0), ("max_length", 1)] {
                    let fits = |n: i64| (least..=3000).contains(&n);
                    if !element[bound].is_null() && !element[bound].as_i64().is_some_and(fits) {
                        let wrong = format!("must be between {least} and 3000");
                        self.say(&wrong, &format!("{place}/{bound}"));
                    }
                }
                self.length(&element["initial_value"], &format!("{place}/initial_value"), 3000);
            }
            Some("number_input") => {
                if !element["is_decimal_allowed"].is_boolean() {
                    self.say("missing required field: is_decimal_allowed", place);
                }
            }
            Some(_) => {}
            None => self.say("missing required field: type", place),
        }
        if !element["placeholder"].is_null() {
            self.text(&element["placeholder"], &format!("{place}/placeholder"), 150, true);
        }
        if !element["confirm"].is_null() {
            self.confirm(&element["confirm"], &format!("{place}/confirm"));
        }
    }

    fn options(&mut self, options: &Value, place: &str, most: usize) {
        self.count(options, place, most);
        for (i, option) in items(options).enumerate() {
            let at = format!("{place}/{i}");
            self.text(&option["text"], &format!("{at}/text"), 75, false);
            if !option["value"].is_string() {
                self.say("missing required field: value", &at);
            }
            self.length(&option["value"], &format!("{at}/value"), 150);
            if !option["description"].is_null() {
                self.text(&option["description"], &format!("{at}/description"), 75, false);
            }
        }
    }

    fn confirm(&mut self, confirm: &Value, place: &str) {
        for (part, most, plain) in
            [("title", 100, true), ("text", 300, false), ("confirm", 30, true), ("deny", 30, true)]
        {
            self.text(&confirm[part], &format!("{place}/{part}"), most, plain);
        }
    }

    /// A text object of 1 to `most` characters.
    pub(super) fn text(&mut self, text: &Value, place: &str, most: usize, plain_only: bool) {
        match text["type"].as_str() {
            Some("plain_text") => {}
            Some("mrkdwn") if !plain_only => {}
            Some(_) | None => self.say("must be a text object of an allowed type", place),
        }
        let place = format!("{place}/text");
        match text["text"].as_str() {
            Some("") | None => self.say("must be more than 0 characters", &place),
            Some(_) => self.length(&text["text"], &place, most),
        }
    }

    fn length(&mut self, text: &Value, place: &str, most: usize) {
        if text.as_str().is_some_and(|text| text.chars().count() > most) {
            self.say(&format!("must be less than {} characters", most + 1), place);
        }
    }

    fn count(&mut self, list: &Value, place: &str, most: usize) {
        match list.as_array().map(Vec::len) {
            Some(0) | None => self.say("must have at least 1 item", place),
            Some(n) if n > most => self.say(&format!("no more than {most} items allowed"), place),
            Some(_) => {}
        }
    }
}

/// Checks a view (a modal or a home) and gives its blocks their ids.
///
/// # Errors
/// What is wrong, in Slack's words, each with its JSON pointer.
pub(super) fn accept_view(
    view: &Value,
    new_id: impl FnMut() -> String,
) -> Result<Value, Vec<String>> {
    let mut check = Check { errors: Vec::new() };
    let kind = view["type"].as_str();
    if !matches!(kind, Some("modal" | "home")) {
        check.say("must be one of: modal, home", "/view/type");
    }
    let Some(blocks) = view["blocks"].as_array() else {
        check.say("missing required field: blocks", "/view");
        return Err(check.errors);
    };
    if kind == Some("modal") {
        check.text(&view["title"], "/view/title", 24, true);
        for part in ["submit", "close"] {
            if !view[part].is_null() {
                check.text(&view[part], &format!("/view/{part}"), 24, true);
            }
        }
        let asks = blocks.iter().any(|block| block["type"] == "input");
        if asks && view["submit"].is_null() {
            check.say(
                "`submit` is required when an input block is within the blocks array",
                "/view",
            );
        }
    }
    check.length(&view["private_metadata"], "/view/private_metadata", 3000);
    check.length(&view["callback_id"], "/view/callback_id", 255);
    check.length(&view["external_id"], "/view/external_id", 255);
    let mut errors = check.errors;
    match accept(blocks, Surface::View, new_id) {
        Ok(blocks) if errors.is_empty() => {
            let mut accepted = view.clone();
            accepted["blocks"] = Value::Array(blocks);
            Ok(accepted)
        }
        Ok(_) => Err(errors),
        Err(more) => {
            errors.extend(more.into_iter().map(|error| error.replace(":/blocks", ":/view/blocks")));
            Err(errors)
        }
    }
}

/// Everything in a block that a person can use.
fn elements(block: &Value) -> impl Iterator<Item = &Value> {
    let row = (block["type"] == "actions").then(|| items(&block["elements"])).into_iter().flatten();
    row.chain(block.get("accessory")).chain(block.get("element"))
}

pub(super) fn buttons(blocks: &[Value]) -> Vec<Button> {
    let mut found = Vec::new();
    for block in blocks {
        for element in elements(block).filter(|element| element["type"] == "button") {
            found.push(Button {
                label: text_of(&element["text"]),
                action_id: string(&element["action_id"]),
                block_id: string(&block["block_id"]),
                value: string(&element["value"]),
            });
        }
    }
    found
}

/// The button itself, as it was posted.
pub(super) fn button<'a>(
    blocks: &'a [Value],
    block_id: &str,
    action_id: &str,
) -> Option<&'a Value> {
    let block = blocks.iter().find(|block| block["block_id"] == block_id)?;
    elements(block).find(|element| element["action_id"] == action_id)
}

pub(super) fn fields(blocks: &[Value]) -> Vec<Field> {
    let inputs = blocks.iter().filter(|block| block["type"] == "input");
    inputs
        .map(|block| {
            let element = &block["element"];
            Field {
                label: text_of(&block["label"]),
                block_id: string(&block["block_id"]),
                action_id: string(&element["action_id"]),
                kind: string(&element["type"]),
                optional: block["optional"].as_bool().unwrap_or(false),
                hint: text_of(&block["hint"]),
                initial: initial(element),
                options: options(element),
                error: None,
            }
        })
        .collect()
}

fn options(element: &Value) -> Vec<(String, String)> {
    let grouped = items(&element["option_groups"]).flat_map(|group| items(&group["options"]));
    items(&element["options"])
        .chain(grouped)
        .map(|option| (text_of(&option["text"]), string(&option["value"])))
        .collect()
}

/// The option object as it was posted, by its value.
fn option<'a>(element: &'a Value, value: &str) -> Option<&'a Value> {
    let grouped = items(&element["option_groups"]).flat_map(|group| items(&group["options"]));
    items(&element["options"]).chain(grouped).find(|option| option["value"] == value)
}

/// What an input holds before anybody touches it, as [`Field::initial`] writes it.
pub(super) fn initial(element: &Value) -> String {
    let many = |list: &Value, key: &str| -> String {
        let values: Vec<String> = items(list)
            .map(|item| if key.is_empty() { string(item) } else { string(&item[key]) })
            .collect();
        values.join(",")
    };
    match element["type"].as_str().unwrap_or_default() {
        "static_select" | "radio_buttons" => string(&element["initial_option"]["value"]),
        "checkboxes" | "multi_static_select" => many(&element["initial_options"], "value"),
        "users_select" => string(&element["initial_user"]),
        "multi_users_select" => many(&element["initial_users"], ""),
        "conversations_select" => string(&element["initial_conversation"]),
        "channels_select" => string(&element["initial_channel"]),
        "datepicker" => string(&element["initial_date"]),
        "timepicker" => string(&element["initial_time"]),
        "datetimepicker" => {
            element["initial_date_time"].as_i64().map_or_else(String::new, |n| n.to_string())
        }
        _ => string(&element["initial_value"]),
    }
}

/// What Slack says of an element that holds `answer` (blank: null; several choices stand between commas): in `view.state.values`, and
/// in the action of one that acts at once.
pub(in crate::sandbox) fn state(element: &Value, answer: &str) -> Value {
    let kind = string(&element["type"]);
    let blank_or = |value: Value| if answer.is_empty() { Value::Null } else { value };
    let many = || answer.split(',').map(str::trim).filter(|part| !part.is_empty());
    let mut said = Map::new();
    said.insert("type".to_owned(), json!(kind));
    let (key, value) = match kind.as_str() {
        "static_select" | "radio_buttons" | "overflow" => {
            ("selected_option", option(element, answer).cloned().unwrap_or(Value::Null))
        }
        "checkboxes" | "multi_static_select" => (
            "selected_options",
            many().filter_map(|value| option(element, value).cloned()).collect(),
        ),
        "users_select" => ("selected_user", blank_or(json!(answer))),
        "multi_users_select" => ("selected_users", many().collect()),
        "conversations_select" => ("selected_conversation", blank_or(json!(answer))),
        "channels_select" => ("selected_channel", blank_or(json!(answer))),
        "datepicker" => ("selected_date", blank_or(json!(answer))),
        "timepicker" => ("selected_time", blank_or(json!(answer))),
        "datetimepicker" => {
            ("selected_date_time", answer.parse::<i64>().map_or(Value::Null, |n| json!(n)))
        }
        _ => ("value", blank_or(json!(answer))),
    };
    said.insert(key.to_owned(), value);
    Value::Object(said)
}

/// What blocks say beside their buttons and labels, in Slack's text format, a line a block.
pub(super) fn words(blocks: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        let mut parts = Vec::new();
        match block["type"].as_str().unwrap_or_default() {
            "section" => {
                parts.push(markup_of(&block["text"]));
                parts.extend(items(&block["fields"]).map(markup_of));
            }
            "header" => parts.push(markup_of(&block["text"])),
            "context" => {
                let said: Vec<String> = items(&block["elements"]).map(markup_of).collect();
                parts.push(said.join(" "));
            }
            "image" => parts.push(markup_of(&block["title"])),
            "markdown" => parts.push(string(&block["text"])),
            _ => {}
        }
        lines.extend(parts.into_iter().filter(|part| !part.is_empty()));
    }
    lines
}

/// A text object in Slack's text format; in a plain one nothing is markup.
fn markup_of(text: &Value) -> String {
    let words = text_of(text);
    if text["type"] == "plain_text" { super::text::escape(&words) } else { words }
}

fn text_of(text: &Value) -> String {
    string(&text["text"])
}

pub(super) fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn text_at<'a>(fields: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    fields.get(key).and_then(Value::as_str)
}
