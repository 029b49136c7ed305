//! Everything that the bot works with, started by one program, for trying things by hand: Slack with its page, Twilio, Zendesk, a
//! mail server, FitCloud and SNS. It prints the environment that `coc run` takes, a line for everything that happens, and makes the
//! weather that is typed (`zendesk silent`).
#![expect(clippy::unwrap_used, reason = "a test's tool")]
#![expect(clippy::print_stdout, reason = "a test's tool")]
#![expect(clippy::print_stderr, reason = "a test's tool")]
#![expect(clippy::disallowed_methods, reason = "webhooks are signed at the machine's time")]

#[path = "mod.rs"]
mod standins;

use clap::Parser;
use coc::domain::books::read_books;
use coc::service::today;
use standins::gate::Weather;
use standins::outside::{Addresses, Outside, Service};
use standins::slack::{APP_TOKEN, BOT_TOKEN, Slack};
use standins::sns::TOPIC;
use standins::twilio::{self, Does};
use standins::workplace::shipped;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

#[derive(Debug, Parser)]
#[command(
    name = "standins",
    about = "Slack, Twilio, Zendesk, a mail server and FitCloud, all on this machine"
)]
struct Args {
    /// Slack's Web API, Socket Mode and page
    #[arg(long, default_value = "127.0.0.1:4003")]
    slack: SocketAddr,
    /// Twilio
    #[arg(long, default_value = "127.0.0.1:4010")]
    twilio: SocketAddr,
    /// Zendesk
    #[arg(long, default_value = "127.0.0.1:4011")]
    zendesk: SocketAddr,
    /// The mail server
    #[arg(long, default_value = "127.0.0.1:4012")]
    mail: SocketAddr,
    /// FitCloud
    #[arg(long, default_value = "127.0.0.1:4013")]
    fitcloud: SocketAddr,
    /// Where the bot will listen
    #[arg(long, default_value = "127.0.0.1:3000")]
    bot: SocketAddr,
    /// What people do who are called: keys they press (`1`, `31`), `none`, `busy`, `hangup`, `voicemail`, `failed`; separated by
    /// commas, for the first call, the second, … and the last one for all others
    #[arg(long, default_value = "none,1", value_delimiter = ',')]
    answer: Vec<String>,
    /// After how many seconds of ringing somebody who picks up does so
    #[arg(long, default_value_t = 2)]
    after: u32,
    /// Plays the CSR: asks for an urgent ticket as soon as the bot is there, and sends the customer's mail when it is taken. Then an
    /// alarm rings, and COC has the engineers called
    #[arg(long)]
    walk: bool,
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let at = Addresses {
        twilio: args.twilio,
        zendesk: args.zendesk,
        mail: args.mail,
        fitcloud: args.fitcloud,
    };
    let second = Duration::from_secs(1);
    let options = twilio::Options { second, picks_up_after: args.after, ..Default::default() };
    let outside = Outside::open(at, options, args.bot).await;
    let slack = Slack::listen(TcpListener::bind(args.slack).await.unwrap());
    outside.twilio.everybody(&args.answer.iter().map(|word| does(word)).collect::<Vec<_>>());

    println!("export SLACK_API_URL={}", slack.url);
    println!("export SLACK_BOT_TOKEN={BOT_TOKEN} SLACK_APP_TOKEN={APP_TOKEN}");
    for (name, value) in outside.environment() {
        println!("export {name}='{value}'");
    }
    eprintln!("# Slack: http://{}/", args.slack);
    let services = Service::ALL.map(word).join(" | ");
    eprintln!("# {services}, and one of: {WEATHERS}");
    let weathered = outside.clone();
    std::thread::spawn(move || weather(&weathered));
    if args.walk {
        tokio::spawn(walk(slack.clone(), outside.clone()));
    }
    tell(&slack, &outside).await;
}

fn does(word: &str) -> Does {
    match word {
        "none" => Does::NoAnswer,
        "busy" => Does::Busy,
        "hangup" => Does::HangsUp,
        "voicemail" => Does::Voicemail,
        "failed" => Does::Failed,
        keys => Does::Keys(keys.to_owned().leak()),
    }
}

const fn word(service: Service) -> &'static str {
    match service {
        Service::Twilio => "twilio",
        Service::Zendesk => "zendesk",
        Service::Mail => "mail",
        Service::FitCloud => "fitcloud",
    }
}

const WEATHERS: &str = "fine | slow | 429 | 500 | garbage | silent | refused | lost | held";

/// Makes the weather that is typed.
fn weather(outside: &Outside) {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (name, wanted) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let service = Service::ALL.into_iter().find(|service| word(*service) == name);
        let weather = match wanted.trim() {
            "fine" => Some(Weather::Fine),
            "slow" => Some(Weather::Slow(Duration::from_secs(10))),
            "429" => Some(Weather::TooMany),
            "500" => Some(Weather::Error),
            "garbage" => Some(Weather::Garbage),
            "silent" => Some(Weather::Silent),
            "refused" => Some(Weather::Refused),
            "lost" => Some(Weather::Lost),
            "held" => Some(Weather::Held),
            _ => None,
        };
        match (service, weather) {
            (Some(service), Some(weather)) => {
                outside.set(service, weather);
                eprintln!("# {name}: {wanted}");
            }
            _ if line.trim().is_empty() => {}
            _ => eprintln!("# not understood; a service and one of: {WEATHERS}"),
        }
    }
}

/// What the CSR does of an urgent request, and COC of an alarm.
async fn walk(slack: Slack, outside: Outside) {
    let csr = read_books(&shipped(), today()).unwrap().customers.0[0].csr.clone().unwrap();
    let ticket = "https://support.example.com/agent/tickets/4242";
    // kept by Slack until the bot is there
    let text = format!("@COC [긴급티켓배정요청] 고객사: 한빛전자 / 티켓: {ticket}");
    slack.say(csr.as_str(), "general", &text);
    press(&slack, csr.as_str(), ["고객 메일", "메일 발송"]).await;
    match outside.rings("walk", "310000000002", "[L3] prod-web-1 status check").await {
        Some(200) => press(&slack, "고윤슬", ["연결됨", "추가 조치 필요"]).await,
        answer => eprintln!(
            "# the alarm was not taken ({answer:?}): intake.topics of policy.toml needs \"{TOPIC}\""
        ),
    }
}

async fn press(slack: &Slack, who: &str, labels: [&str; 2]) {
    for label in labels {
        while !slack.press(who, label) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Tells what happens, a line for each thing.
async fn tell(slack: &Slack, outside: &Outside) {
    let mut told = std::collections::BTreeSet::new();
    loop {
        let posts = slack
            .posts()
            .into_iter()
            .map(|post| format!("slack     #{}: {}", post.channel, post.text.replace('\n', " / ")));
        let calls = outside
            .twilio
            .calls()
            .into_iter()
            .map(|call| format!("twilio    {} {}: {}", call.sid, call.to, call.status));
        let comments = outside.zendesk.with(|account| {
            let tickets = account.tickets.values().flat_map(|ticket| {
                let assignee = ticket.assignee.and_then(|id| account.users.get(&id));
                let whose = assignee.map_or("nobody", |user| user.name.as_str());
                let state = format!("zendesk   {}: {} of {whose}", ticket.id, ticket.status);
                let said = account.comments(ticket.id).into_iter().map(|(text, public)| {
                    let kind = if public { "answer" } else { "internal comment" };
                    format!("zendesk   {}: {kind}: {}", ticket.id, text.replace('\n', " / "))
                });
                let state = (ticket.status != "new").then_some(state);
                state.into_iter().chain(said.collect::<Vec<_>>()).collect::<Vec<_>>()
            });
            tickets.collect::<Vec<_>>()
        });
        let letters = outside.mail.letters().into_iter().map(|letter| {
            format!("mail      to {}: {} {}", letter.to.join(", "), letter.subject, letter.id)
        });
        let met = Service::ALL.map(|service| {
            let met = outside.gate(service).met();
            (met > 0).then(|| format!("weather   {}: {met} met it", word(service)))
        });
        let asked = outside.fitcloud.inside().asked.len();
        let asked = (asked > 0).then(|| format!("fitcloud  asked {asked} times"));
        let all = posts.chain(calls).chain(comments).chain(letters);
        for line in all.chain(met.into_iter().flatten()).chain(asked) {
            if told.insert(line.clone()) {
                println!("# {line}");
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
