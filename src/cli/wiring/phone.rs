//! The telephone: Twilio, or a service of the team's own.
//!
//! Nothing here keeps the desk from its night. A telephone that is set up by half is told of on stderr, and COC phones.

use crate::adapters::e164::E164;
use crate::adapters::http::Base;
use crate::adapters::phone_http::{self, HttpPhone};
use crate::adapters::twilio::{self, Account, Api, Callbacks, Twilio};
use crate::cli::out;
use crate::cli::settings::setting;
use crate::ingress::request::Now;
use crate::ingress::{self, Hooks};
use crate::ports::Phone;
use axum::Router;
use std::sync::Arc;

pub(crate) const SID: &str = "TWILIO_ACCOUNT_SID";
pub(crate) const TOKEN: &str = "TWILIO_AUTH_TOKEN";
pub(crate) const FROM: &str = "TWILIO_FROM";
pub(crate) const API: &str = "TWILIO_API_URL";
pub(crate) const PUBLIC: &str = "COC_PUBLIC_URL";
const PHONE_URL: &str = "PHONE_URL";
const PHONE_TOKEN: &str = "PHONE_TOKEN";

/// What an address of ours looks like.
pub(crate) const PUBLIC_EXAMPLE: &str = "https://coc.example.com";
const PHONE_EXAMPLE: &str = "https://phone.example.com";

/// A telephone that can be used, and where its carrier reports.
pub(crate) struct Carrier {
    pub(crate) phone: Arc<dyn Phone>,
    hooks: Box<dyn Fn(Arc<dyn Hooks>, Now) -> Router + Send + Sync>,
}

impl Carrier {
    /// The routes on which the carrier tells what happens.
    pub(crate) fn routes(&self, hooks: Arc<dyn Hooks>, now: Now) -> Router {
        (self.hooks)(hooks, now)
    }
}

/// Which telephone the settings name.
pub(crate) enum Chosen {
    /// None at all.
    Nothing,
    /// Twilio.
    Twilio(Settings),
    /// The service at `PHONE_URL`.
    Service(Service),
    /// One that cannot be used as it is set up.
    Wrong {
        /// Its settings that are there.
        here: Vec<&'static str>,
        /// What is wrong, in Korean.
        why: String,
    },
}

/// Twilio's settings.
pub(crate) struct Settings {
    pub(crate) base: Base,
    pub(crate) account: Account,
    pub(crate) from: E164,
    public: Base,
    token: String,
}

/// The settings of a service of the team's own.
pub(crate) struct Service {
    base: Base,
    bearer: phone_http::Token,
    public: Base,
    token: String,
}

/// Reads the settings. Twilio goes first when both are there.
pub(crate) fn chosen() -> Chosen {
    let twilio = given(&[SID, TOKEN, FROM, PUBLIC]);
    let service = given(&[PHONE_URL, PHONE_TOKEN, PUBLIC]);
    // the public address alone is not about the telephone
    let meant = |given: &Given| given.here.iter().any(|name| *name != PUBLIC) || given.wrong();
    let whole = |given: &Given| given.absent.is_empty() && given.errors.is_empty();
    match (meant(&twilio), meant(&service)) {
        (false, false) => Chosen::Nothing,
        (true, false) => by_twilio(twilio),
        (true, true) if whole(&twilio) || !whole(&service) => by_twilio(twilio),
        (_, true) => by_service(service),
    }
}

struct Given {
    here: Vec<&'static str>,
    absent: Vec<&'static str>,
    values: Vec<String>,
    errors: Vec<String>,
}

impl Given {
    /// Somebody tried to give something besides the public address.
    fn wrong(&self) -> bool {
        self.errors.iter().any(|error| !error.starts_with(PUBLIC))
    }

    fn why_not(&self) -> Option<String> {
        let absent =
            (!self.absent.is_empty()).then(|| format!("{}도 필요합니다.", self.absent.join(", ")));
        let said: Vec<String> = self.errors.iter().cloned().chain(absent).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}

fn given(names: &[&'static str]) -> Given {
    let mut given =
        Given { here: Vec::new(), absent: Vec::new(), values: Vec::new(), errors: Vec::new() };
    for name in names {
        match setting(name) {
            Ok(Some(value)) => {
                given.here.push(name);
                given.values.push(value);
            }
            Ok(None) => given.absent.push(name),
            Err(error) => given.errors.push(error.to_string()),
        }
    }
    given
}

fn by_twilio(given: Given) -> Chosen {
    let here = given.here.clone();
    let read = || {
        if let Some(why) = given.why_not() {
            return Err(why);
        }
        let Ok::<[String; 4], _>([sid, token, from, public]) = given.values.try_into() else {
            return Err("설정을 읽을 수 없습니다.".to_owned());
        };
        let base = setting(API).map_err(|error| error.to_string())?;
        let base = Base::read(base.as_deref().unwrap_or(twilio::API), twilio::API)
            .map_err(|error| format!("{API}: {error}"))?;
        let account = Account::new(&sid, &token).map_err(|error| error.to_string())?;
        let from = E164::read(&from).map_err(|error| format!("{FROM}: {error}"))?;
        Ok(Settings { base, account, from, public: read_public(&public)?, token })
    };
    match read() {
        Ok(settings) => Chosen::Twilio(settings),
        Err(why) => Chosen::Wrong { here, why },
    }
}

fn by_service(given: Given) -> Chosen {
    let here = given.here.clone();
    let read = || {
        if let Some(why) = given.why_not() {
            return Err(why);
        }
        let Ok::<[String; 3], _>([url, token, public]) = given.values.try_into() else {
            return Err("설정을 읽을 수 없습니다.".to_owned());
        };
        let base =
            Base::read(&url, PHONE_EXAMPLE).map_err(|error| format!("{PHONE_URL}: {error}"))?;
        let bearer = phone_http::Token::new(&token).map_err(|error| error.to_string())?;
        Ok(Service { base, bearer, public: read_public(&public)?, token })
    };
    match read() {
        Ok(settings) => Chosen::Service(settings),
        Err(why) => Chosen::Wrong { here, why },
    }
}

fn read_public(text: &str) -> Result<Base, String> {
    Base::read(text, PUBLIC_EXAMPLE).map_err(|error| format!("{PUBLIC}: {error}"))
}

/// The telephone of the settings. Without one, or with one that cannot be used, COC is asked to phone; the latter is said on stderr.
pub(crate) fn carrier() -> Option<Carrier> {
    let made = match chosen() {
        Chosen::Nothing => return None,
        Chosen::Twilio(settings) => settings.carrier(),
        Chosen::Service(service) => service.carrier(),
        Chosen::Wrong { why, .. } => Err(why),
    };
    match made {
        Ok(carrier) => Some(carrier),
        Err(why) => {
            out::note(&format!("⚠️ 전화 발신 없이 시작합니다: {why} 전화는 COC에 요청합니다."));
            None
        }
    }
}

fn no_certificates(error: &std::io::Error) -> String {
    format!("이 컴퓨터의 인증서를 읽을 수 없습니다 ({error}).")
}

impl Settings {
    fn carrier(self) -> Result<Carrier, String> {
        let api = Api::new(self.base, self.account, twilio::TIME_OUT)
            .map_err(|error| no_certificates(&error))?;
        let phone = Arc::new(Twilio::new(api, self.from, self.public.clone()));
        let verifier = ingress::twilio::Verifier::new(&self.token);
        let callbacks = Callbacks::new(self.public);
        let hooks =
            move |hooks, _now| ingress::twilio::router(verifier.clone(), callbacks.clone(), hooks);
        Ok(Carrier { phone, hooks: Box::new(hooks) })
    }
}

impl Service {
    /// The telephone itself.
    pub(crate) fn phone(&self) -> Result<HttpPhone, String> {
        let (base, bearer) = (self.base.clone(), self.bearer.clone());
        HttpPhone::new(base, bearer, &self.public, phone_http::TIME_OUT)
            .map_err(|error| no_certificates(&error))
    }

    fn carrier(self) -> Result<Carrier, String> {
        let phone = Arc::new(self.phone()?);
        let token = self.token;
        let hooks = move |hooks, now| ingress::phone::router(&token, hooks, now);
        Ok(Carrier { phone, hooks: Box::new(hooks) })
    }
}
