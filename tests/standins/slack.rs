//! A Slack workspace of the shipped books, served without its bot: the bot is a process of its own.

use coc::domain::books::read_books;
use coc::domain::errand::CallEvent;
use coc::domain::ids::{ChannelId, MessageRef};
use coc::domain::input::Books;
use coc::domain::time::Time;
use coc::ports::Clock;
use coc::sandbox::backstage::{Backstage, BotTurn, ClockTurn, OpenCase, Ringing};
use coc::sandbox::furnish::furnished;
use coc::sandbox::server::{Options, Sandbox};
use coc::sandbox::workspace::{Author, Delivery, Pick, PressOn, Refused, Typing, Workspace};
use coc::service::{WallClock, today};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) const BOT_TOKEN: &str = "xoxb-sandbox";
pub(crate) const APP_TOKEN: &str = "xapp-sandbox";

/// The machine's clock, and nothing that is behind the stage: the telephones are Twilio's.
struct Bare;

#[async_trait::async_trait]
impl Backstage for Bare {
    fn now(&self) -> Time {
        WallClock.now()
    }
    fn speed(&self) -> f64 {
        1.0
    }
    async fn turn_clock(&self, _turn: ClockTurn) -> Result<(), String> {
        Err("여기서는 실제 시각을 씁니다.".to_owned())
    }
    fn ringing(&self) -> Vec<Ringing> {
        Vec::new()
    }
    async fn answer_phone(&self, _call: &str, _event: CallEvent) -> Result<(), String> {
        Err("전화는 Twilio 대역이 받습니다.".to_owned())
    }
    fn cases(&self) -> Vec<OpenCase> {
        Vec::new()
    }
    fn bot_runs(&self) -> bool {
        true
    }
    async fn turn_bot(&self, _turn: BotTurn) -> Result<(), String> {
        Err("봇은 따로 실행합니다.".to_owned())
    }
}

/// A post of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) at: MessageRef,
    pub(crate) channel: &'static str,
    pub(crate) text: String,
    pub(crate) mentions: Vec<String>,
}

/// The workspace; clones are the same one.
#[derive(Clone)]
pub(crate) struct Slack {
    pub(crate) workspace: Arc<Mutex<Workspace>>,
    sandbox: Sandbox,
    /// `SLACK_API_URL`.
    pub(crate) url: String,
}

pub(crate) fn shipped() -> Books {
    Books {
        policy: include_str!("../../data/policy.toml").to_owned(),
        guide: include_str!("../../data/guide.txt").to_owned(),
        customers: include_str!("../../data/customers.csv").to_owned(),
        mails: BTreeMap::new(),
        procedures: BTreeMap::new(),
    }
}

impl Slack {
    pub(crate) fn listen(listener: TcpListener) -> Self {
        let read = read_books(&shipped(), today()).unwrap();
        let workspace = Arc::new(Mutex::new(furnished(&read)));
        let options = Options { again_after: Duration::from_millis(700), ..Options::default() };
        let sandbox = Sandbox::new(Arc::clone(&workspace), Arc::new(Bare), options);
        let url = format!("http://{}/api/", listener.local_addr().unwrap());
        let serving = sandbox.clone();
        tokio::spawn(async move { serving.serve(listener, std::future::pending()).await });
        Self { workspace, sandbox, url }
    }

    fn does<T>(
        &self,
        act: impl FnOnce(&mut Workspace, Time) -> Result<(T, Vec<Delivery>), Refused>,
    ) -> Result<T, Refused> {
        let (value, told) = act(&mut self.workspace.lock().unwrap(), WallClock.now())?;
        self.sandbox.deliver(told);
        Ok(value)
    }

    /// Somebody writes something in a channel.
    pub(crate) fn say(&self, who: &str, channel: &str, text: &str) -> MessageRef {
        self.does(|workspace, now| {
            let who = workspace.user_named(who).unwrap().id.clone();
            let channel = workspace.channel_named(channel).unwrap().id.clone();
            workspace.say(now, &who, &channel, None, text, Typing::Plain)
        })
        .unwrap()
    }

    /// Somebody presses the newest button of this label; `false` while there is none.
    pub(crate) fn press(&self, who: &str, label: &str) -> bool {
        self.does(|workspace, now| {
            let who = workspace.user_named(who).unwrap().id.clone();
            let bears =
                |at: &MessageRef| workspace.buttons(at).iter().any(|button| button.label == label);
            let found = workspace.newest_of_bot(|message| bears(&message.at));
            let Some(at) = found.map(|message| message.at.clone()) else {
                return Ok((false, Vec::new()));
            };
            let told = workspace.press(now, &who, PressOn::Message(&at), Pick::Label(label))?;
            Ok((true, vec![told]))
        })
        .unwrap()
    }

    /// Everything that the bot posted in the two channels, as it reads now, oldest first in each.
    pub(crate) fn posts(&self) -> Vec<Post> {
        let workspace = self.workspace.lock().unwrap();
        let mut found = Vec::new();
        for channel in ["general", "coc-noti"] {
            let id: ChannelId = workspace.channel_named(channel).unwrap().id.clone();
            let own = workspace.messages(&id).filter(|one| matches!(one.author, Author::Bot));
            found.extend(own.map(|one| Post {
                at: one.at.clone(),
                channel,
                text: workspace.words(&one.text, &one.blocks),
                mentions: workspace.mentions(&one.text, &one.blocks),
            }));
        }
        found
    }
}
