//! The four services beside Slack, each behind its gate, with what the bot is told of them.

use super::gate::{Gate, Speaks, Weather};
use super::letterbox::{self, Letterbox};
use super::sns::{self, Sns};
use super::workplace::{free_address, shipped};
use super::zendesk::{Account, Hook, Zendesk};
use super::{fitcloud, twilio};
use axum::http::Request;
use chrono::Utc;
use coc::adapters::http::{Base, Http};
use coc::domain::books::read_books;
use coc::ports::Clock;
use coc::service::{WallClock, today};
use http_body_util::Full;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

pub(crate) const ZENDESK_EMAIL: &str = "coc@example.com";
pub(crate) const ZENDESK_TOKEN: &str = "hidden-zendesk-token";
pub(crate) const ZENDESK_SECRET: &str = "hidden-zendesk-webhook-secret";

/// A service that the desk can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Twilio,
    Zendesk,
    Mail,
    FitCloud,
}

impl Service {
    pub(crate) const ALL: [Self; 4] = [Self::Twilio, Self::Zendesk, Self::Mail, Self::FitCloud];

    /// How what is said of it to COC begins.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Twilio => "전화 발신",
            Self::Zendesk => "티켓 시스템",
            Self::Mail => "메일 발송",
            Self::FitCloud => "고객 기록(FitCloud)",
        }
    }
}

/// Where the services listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addresses {
    pub(crate) twilio: SocketAddr,
    pub(crate) zendesk: SocketAddr,
    pub(crate) mail: SocketAddr,
    pub(crate) fitcloud: SocketAddr,
}

impl Addresses {
    /// Addresses that nobody has.
    pub(crate) fn free() -> Self {
        Self {
            twilio: free_address(),
            zendesk: free_address(),
            mail: free_address(),
            fitcloud: free_address(),
        }
    }
}

/// The services.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) twilio: twilio::Twilio,
    pub(crate) zendesk: Zendesk,
    pub(crate) mail: Letterbox,
    pub(crate) fitcloud: fitcloud::StandIn,
    pub(crate) sns: Sns,
    gates: Vec<Gate>,
    /// Where the bot listens.
    pub(crate) bot: SocketAddr,
}

impl Outside {
    /// Opens them for the people, customers and tickets of the shipped books. `bot`: where the bot listens, for what they tell it.
    pub(crate) async fn open(at: Addresses, options: twilio::Options, bot: SocketAddr) -> Self {
        let any = || async { TcpListener::bind("127.0.0.1:0").await.unwrap() };
        let address = |listener: &TcpListener| listener.local_addr().unwrap();
        let (lines, desk, post, record) = (any().await, any().await, any().await, any().await);
        let mut gates = Vec::new();
        for (at, behind, speaks) in [
            (at.twilio, &lines, Speaks::Http),
            (at.zendesk, &desk, Speaks::Http),
            (at.mail, &post, Speaks::Smtp),
            (at.fitcloud, &record, Speaks::HttpToRead),
        ] {
            let gate = TcpListener::bind(at).await.unwrap();
            gates.push(Gate::listen(gate, address(behind), speaks));
        }
        let books = shipped();
        let customers = fitcloud::customers_of(&books.customers);
        let mut account = Account::new(ZENDESK_EMAIL, ZENDESK_TOKEN);
        for person in read_books(&books, today()).unwrap().roster.people {
            if let Some(email) = &person.email {
                account.add_user(person.name.as_str(), email, "agent");
            }
        }
        for number in 4242..4252 {
            account.add_ticket(number, "new", None);
        }
        let outside = Self {
            twilio: twilio::Twilio::listen(lines, options),
            zendesk: Zendesk::listen(desk, account),
            mail: Letterbox::listen(post),
            fitcloud: fitcloud::StandIn::listen(record, customers),
            sns: Sns::open().await,
            gates,
            bot,
        };
        let url = format!("http://{bot}/hooks/zendesk");
        outside.zendesk.tell(Hook { url, secret: ZENDESK_SECRET.to_owned() });
        outside
    }

    /// SNS delivers an alarm of an account, signed; what the bot answers. `None`: nobody is there.
    pub(crate) async fn rings(&self, id: &str, account: &str, alarm: &str) -> Option<u16> {
        let now = WallClock.now().with_timezone(&Utc);
        let at = now.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string();
        let text = sns::alarm(account, alarm, "i-0abc", &at);
        let sent = now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
        let message = self.sns.signed(self.sns.notification(id, &sent, None, &text), 2);
        let url = format!("http://{}", self.bot);
        let http = Http::new(&Base::read(&url, "").unwrap(), Duration::from_secs(20)).unwrap();
        let request = Request::post(format!("{url}/hooks/sns"))
            .header("x-amz-sns-message-type", "Notification")
            .body(Full::new(message.to_string().into()));
        http.send(request.unwrap()).await.ok().map(|reply| reply.status.as_u16())
    }

    /// The gate in front of a service.
    pub(crate) fn gate(&self, service: Service) -> &Gate {
        match service {
            Service::Twilio => &self.gates[0],
            Service::Zendesk => &self.gates[1],
            Service::Mail => &self.gates[2],
            Service::FitCloud => &self.gates[3],
        }
    }

    /// The weather at a service from now on.
    pub(crate) fn set(&self, service: Service, weather: Weather) {
        self.gate(service).set(weather);
    }

    /// What `coc` is to find in its environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let at = |service| format!("http://{}", self.gate(service).address);
        let mail = self.gate(Service::Mail).address;
        let (user, password) = (letterbox::USER, letterbox::PASSWORD);
        vec![
            ("COC_LISTEN", self.bot.to_string()),
            ("COC_PUBLIC_URL", format!("http://{}", self.bot)),
            ("TWILIO_API_URL", at(Service::Twilio)),
            ("TWILIO_ACCOUNT_SID", twilio::ACCOUNT.to_owned()),
            ("TWILIO_AUTH_TOKEN", twilio::TOKEN.to_owned()),
            ("TWILIO_FROM", twilio::FROM.to_owned()),
            ("ZENDESK_URL", at(Service::Zendesk)),
            ("ZENDESK_EMAIL", ZENDESK_EMAIL.to_owned()),
            ("ZENDESK_TOKEN", ZENDESK_TOKEN.to_owned()),
            ("ZENDESK_WEBHOOK_SECRET", ZENDESK_SECRET.to_owned()),
            ("SMTP_URL", format!("smtp://{user}:{password}@{mail}")),
            ("FITCLOUD_URL", format!("{}/api", at(Service::FitCloud))),
            ("FITCLOUD_TOKEN", fitcloud::TOKEN.to_owned()),
            ("COC_SNS_HOST", self.sns.url.clone()),
            ("AWS_STATUS_URL", "off".to_owned()),
        ]
    }

    /// The record has this for a customer from now on.
    pub(crate) fn record(&self, customer: &str, field: &str, value: Value) {
        let mut customers = fitcloud::customers_of(&shipped().customers);
        let found = customers.iter_mut().find(|one| one["name"] == customer).unwrap();
        found[field] = value;
        self.fitcloud.holds(customers);
    }
}
