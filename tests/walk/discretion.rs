//! What nobody may read anywhere, and what nobody may read in the log.

use crate::scene::{CSR, Scene};
use crate::standins::outside::{ZENDESK_EMAIL, ZENDESK_SECRET, ZENDESK_TOKEN};
use crate::standins::slack::{APP_TOKEN, BOT_TOKEN};
use crate::standins::{fitcloud, letterbox, twilio};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

/// Every secret of the environment, and each as it goes over the line.
fn secrets() -> Vec<String> {
    let (user, password) = (letterbox::USER, letterbox::PASSWORD);
    let plain = [
        BOT_TOKEN,
        APP_TOKEN,
        twilio::ACCOUNT,
        twilio::TOKEN,
        ZENDESK_TOKEN,
        ZENDESK_SECRET,
        password,
        fitcloud::TOKEN,
    ];
    let coded = [
        format!("{}:{}", twilio::ACCOUNT, twilio::TOKEN),
        format!("{ZENDESK_EMAIL}/token:{ZENDESK_TOKEN}"),
        format!("\0{user}\0{password}"),
        password.to_owned(),
    ];
    let coded = coded.map(|text| STANDARD.encode(text).trim_end_matches('=').to_owned());
    plain.map(str::to_owned).into_iter().chain(coded).collect()
}

impl Scene {
    /// No secret stands in a text; `what` says which.
    #[track_caller]
    pub(crate) fn no_secret_in(&self, what: &str, text: &str) {
        assert!(!text.is_empty(), "{}: {what}: there is something to look at", self.name);
        for secret in secrets() {
            assert!(!text.contains(&secret), "{}: {secret} in {what}: {text}", self.name);
        }
    }

    /// No secret stands in what people and machines can read of the bot, and nobody's number, address, name or words in its log.
    pub(crate) async fn is_discreet(&self) {
        let logs = self.logs();
        self.no_secret_in("the log", &logs);
        let number = Regex::new(r"(\+?82|0)[-. ]?10[-. ]?0000").unwrap();
        let address = Regex::new(r"[\w.+-]+@[\w-]+\.\w+").unwrap();
        let masked = Regex::new(r"\w\*\*@").unwrap();
        for line in logs.lines() {
            let told = [&number, &address].into_iter().find_map(|one| one.find(line));
            let told = told.filter(|_| !masked.is_match(line)).map(|found| found.as_str());
            assert_eq!(told, None, "{}: {line}", self.name);
            for words in ["한빛전자", CSR, "가온별"] {
                assert!(!line.contains(words), "{}: {words} in {line}", self.name);
            }
        }
        let journal = self.run(&["journal", "export"]).await;
        self.no_secret_in("the journal", &String::from_utf8_lossy(&journal.stdout));
        let workspace = format!("{:?}", self.slack.posts());
        self.no_secret_in("Slack", &workspace);
    }
}
