//! The Twilio stand-in as a program, for trying things by hand: `cargo run --example twilio-standin 127.0.0.1:4010`. Everybody who
//! is called picks up and presses 1.
#![expect(clippy::unwrap_used, reason = "a test's tool")]
#![expect(clippy::print_stderr, reason = "a test's tool")]

#[path = "mod.rs"]
mod twilio;

use std::time::Duration;
use tokio::net::TcpListener;
use twilio::{ACCOUNT, Does, FROM, Options, TOKEN, Twilio};

#[tokio::main]
async fn main() {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:4010".to_owned());
    let listener = TcpListener::bind(&address).await.unwrap();
    let options = Options { second: Duration::from_secs(1), ..Options::default() };
    let twilio = Twilio::listen(listener, options);
    eprintln!(
        "TWILIO_API_URL={} TWILIO_ACCOUNT_SID={ACCOUNT} TWILIO_AUTH_TOKEN={TOKEN} TWILIO_FROM={FROM}",
        twilio.url()
    );
    for last in 1001..=1099 {
        let number = format!("+82100000{last}");
        twilio.person(&number, &vec![Does::Keys("1"); 100]);
    }
    let mut shown = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let told = twilio.told();
        for one in &told[shown..] {
            let digits = one.fields.iter().find(|(key, _)| key == "Digits");
            eprintln!("{} {} {digits:?}", one.answered, one.url);
        }
        shown = told.len();
    }
}
