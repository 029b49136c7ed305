//! Files: where their bytes go, and how they become part of a message.

use super::api::{Answer, Args};
use super::message::{Author, Message};
use super::{Workspace, blocks};
use crate::domain::ids::{ChannelId, MessageRef};
use crate::domain::time::Time;
use serde_json::{Value, json};

/// A file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, with its ending.
    pub name: String,
    /// What people read above it.
    pub title: String,
    /// What it holds; `None` until it came.
    pub bytes: Option<Vec<u8>>,
    /// How many bytes were announced.
    length: usize,
    /// Whether the upload was completed.
    pub complete: bool,
}

/// The longest file that is taken, in bytes.
const LONGEST: usize = 16 << 20;

impl Workspace {
    pub(super) fn upload_url(&mut self, args: &Args<'_>) -> Answer {
        let name = args.required("filename")?;
        let length: usize = args.required("length")?.parse().map_err(|_| "invalid_arguments")?;
        if length == 0 || length > LONGEST {
            return Err("invalid_arguments".into());
        }
        let id = format!("F0SBX{:05}", self.files.len() + 1);
        let file = File { title: name.clone(), name, bytes: None, length, complete: false };
        self.files.insert(id.clone(), file);
        let base = self.response_base.trim_end_matches("/response");
        Ok(json!({ "upload_url": format!("{base}/upload/{id}"), "file_id": id }))
    }

    /// The bytes of a file come to the address that was given out. `false` where nobody announced so many there.
    pub fn take_bytes(&mut self, id: &str, bytes: Vec<u8>) -> bool {
        match self.files.get_mut(id) {
            Some(file) if !file.complete && file.length == bytes.len() => {
                file.bytes = Some(bytes);
                true
            }
            Some(_) | None => false,
        }
    }

    pub(super) fn complete_upload(&mut self, now: Time, args: &Args<'_>) -> Answer {
        let listed = args.json("files").map_err(|()| "invalid_arguments")?;
        let listed = listed.as_ref().and_then(Value::as_array).ok_or("invalid_arguments")?;
        let ids: Vec<String> = listed.iter().map(|one| blocks::string(&one["id"])).collect();
        let is_here = |id: &String| {
            self.files.get(id).is_some_and(|file| file.bytes.is_some() && !file.complete)
        };
        if ids.is_empty() || !ids.iter().all(is_here) {
            return Err("file_not_found".into());
        }
        let channel = args.text("channel_id").map(ChannelId);
        if let Some(channel) = &channel {
            if self.channel(channel).is_none() {
                return Err("channel_not_found".into());
            }
            if !self.is_member(channel, &self.bot.user) {
                return Err("not_in_channel".into());
            }
        }
        for (id, one) in ids.iter().zip(listed) {
            if let Some(file) = self.files.get_mut(id) {
                file.complete = true;
                if let Some(title) = one["title"].as_str() {
                    title.clone_into(&mut file.title);
                }
            }
        }
        if let Some(channel) = channel {
            let message = Message {
                at: MessageRef { channel, ts: self.stamp(now) },
                author: Author::Bot,
                thread: None,
                text: args.text("initial_comment").unwrap_or_default(),
                blocks: Vec::new(),
                files: ids.clone(),
                metadata: None,
                reactions: Vec::new(),
                edited: None,
                tombstone: false,
                serial: self.next_serial(),
            };
            self.put(message.clone());
            let told = self.told_of_new(now, &message);
            self.echoes.extend(told);
        }
        let files: Vec<Value> =
            ids.iter().map(|id| self.file_json(id)).filter(|file| !file.is_null()).collect();
        Ok(json!({ "files": files }))
    }

    /// A file, once its upload was completed.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<&File> {
        self.files.get(id).filter(|file| file.complete)
    }

    /// The files of a message, by id: those handed over with it, and the pictures in its blocks.
    #[must_use]
    pub fn files_of(&self, message: &Message) -> Vec<&File> {
        let shown = message.blocks.iter().filter_map(|block| block["slack_file"]["id"].as_str());
        let ids = message.files.iter().map(String::as_str).chain(shown);
        ids.filter_map(|id| self.file(id)).collect()
    }

    pub(super) fn file_json(&self, id: &str) -> Value {
        self.file(id).map_or(
            Value::Null,
            |file| json!({ "id": id, "name": file.name, "title": file.title, "size": file.length }),
        )
    }

    /// Whether every picture of these blocks is there: Slack refuses blocks with one that is not.
    pub(super) fn has_pictures(&self, blocks: &[Value]) -> bool {
        let mut pictures = blocks.iter().filter_map(|block| block["slack_file"]["id"].as_str());
        pictures.all(|id| self.file(id).is_some())
    }
}
