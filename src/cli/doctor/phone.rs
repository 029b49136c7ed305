//! The telephone's part of `coc doctor`, tried for real: the account, the number it calls from, and whether it may call Korea.
//! Nobody is called.

use super::{Check, State};
use crate::adapters::twilio::{Api, TIME_OUT, Twilio};
use crate::cli::settings::setting;
use crate::cli::wiring::phone::{API, Chosen, FROM, Settings, chosen};
use crate::ports::{Phone, PortError};
use serde::Deserialize;

const SETTINGS: &str = "전화 설정";
const ACCOUNT: &str = "전화 계정";
const NUMBER: &str = "발신 번호";
const KOREA: &str = "한국 발신";
const SERVICE: &str = "전화 서비스";

/// Where Twilio keeps the permissions, unless another address is set for everything.
const PERMISSIONS: &str = "https://voice.twilio.com";

/// Tries the telephone that is set up.
pub(super) fn checks() -> Vec<Check> {
    let chosen = chosen();
    let settings = match &chosen {
        Chosen::Nothing => check(
            SETTINGS,
            State::Off,
            "TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM, COC_PUBLIC_URL 없음. 전화는 COC에 요청합니다.",
        ),
        Chosen::Wrong { here, why } => {
            let here = if here.is_empty() {
                String::new()
            } else {
                format!("{} 있음. ", here.join(", "))
            };
            check(SETTINGS, State::Missing, format!("{here}{why} 지금은 전화를 COC에 요청합니다."))
        }
        Chosen::Twilio(_) => check(SETTINGS, State::Ok, "Twilio로 겁니다."),
        Chosen::Service(_) => check(SETTINGS, State::Ok, "PHONE_URL의 서비스로 겁니다."),
    };
    let mut checks = vec![settings];
    let tried = match chosen {
        Chosen::Nothing | Chosen::Wrong { .. } => return checks,
        Chosen::Twilio(settings) => run(by_twilio(settings)),
        Chosen::Service(service) => run(async move {
            let phone = service.phone()?;
            Ok(vec![match phone.probe().await {
                Ok(()) => check(SERVICE, State::Ok, "전화 서비스가 응답하고 토큰을 받아 줍니다."),
                Err(error) => check(SERVICE, State::Missing, unreached(&error)),
            }])
        }),
    };
    checks.extend(tried.unwrap_or_else(|why| vec![check(ACCOUNT, State::Missing, why)]));
    checks
}

fn run(trying: impl Future<Output = Result<Vec<Check>, String>>) -> Result<Vec<Check>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("실행 환경을 만들 수 없습니다: {error}"))?;
    runtime.block_on(trying)
}

fn check(what: &'static str, state: State, text: impl Into<String>) -> Check {
    Check { what, state, text: text.into() }
}

fn unreached(error: &PortError) -> String {
    format!("{error}. 값과 네트워크를 확인하고 다시 실행해 주십시오.")
}

async fn by_twilio(settings: Settings) -> Result<Vec<Check>, String> {
    let permissions = match setting(API).map_err(|error| error.to_string())? {
        Some(_) => settings.base.at(""),
        None => PERMISSIONS.to_owned(),
    };
    let api = Api::new(settings.base, settings.account, TIME_OUT)
        .map_err(|error| format!("이 컴퓨터의 인증서를 읽을 수 없습니다 ({error})."))?;
    let standing = match Twilio::standing(&api).await {
        Ok(standing) => standing,
        Err(error) => {
            let untried =
                |what| check(what, State::Untried, "Twilio가 받아 주지 않아 시험하지 않았습니다.");
            let account = check(ACCOUNT, State::Missing, unreached(&error));
            return Ok(vec![account, untried(NUMBER), untried(KOREA)]);
        }
    };
    let account = match (standing.status.as_str(), standing.kind.as_str()) {
        ("active", "Trial") => check(
            ACCOUNT,
            State::Doubt,
            "체험 계정입니다. 등록한 번호로만 걸 수 있고 안내 음성이 먼저 나옵니다. 유료 계정으로 바꿔 주십시오.",
        ),
        ("active", _) => check(ACCOUNT, State::Ok, "Twilio 계정을 쓸 수 있습니다."),
        _ => check(
            ACCOUNT,
            State::Missing,
            "Twilio 계정이 정지되었거나 닫혔습니다. Twilio 콘솔에서 확인해 주십시오.",
        ),
    };
    let from = settings.from.as_str();
    Ok(vec![account, number(&api, from).await, korea(&api, &permissions).await])
}

#[derive(Deserialize)]
struct Numbers {
    incoming_phone_numbers: Vec<Owned>,
}

#[derive(Deserialize)]
struct Owned {
    #[serde(default)]
    capabilities: Capabilities,
}

#[derive(Default, Deserialize)]
struct Capabilities {
    #[serde(default)]
    voice: bool,
}

#[derive(Deserialize)]
struct Callers {
    outgoing_caller_ids: Vec<serde::de::IgnoredAny>,
}

async fn number(api: &Api, from: &str) -> Check {
    let asked = [("PhoneNumber", from)];
    let owned: Result<Numbers, PortError> = api.read("/IncomingPhoneNumbers.json", &asked).await;
    match owned {
        Ok(Numbers { incoming_phone_numbers: owned }) if !owned.is_empty() => {
            if owned.iter().any(|number| number.capabilities.voice) {
                check(
                    NUMBER,
                    State::Ok,
                    format!("{FROM}은 이 계정의 번호이고 전화를 걸 수 있습니다."),
                )
            } else {
                check(NUMBER, State::Missing, format!("{FROM}은 음성 통화가 되지 않는 번호입니다."))
            }
        }
        // a number of another carrier may be shown once it was verified
        Ok(_) => match api.read("/OutgoingCallerIds.json", &asked).await {
            Ok(Callers { outgoing_caller_ids: verified }) if !verified.is_empty() => {
                check(NUMBER, State::Ok, format!("{FROM}은 이 계정에 확인된 발신 번호입니다."))
            }
            Ok(_) => check(
                NUMBER,
                State::Missing,
                format!(
                    "{FROM}이 이 계정의 번호가 아닙니다. Twilio에서 산 번호나 확인된 발신 번호를 적어 주십시오."
                ),
            ),
            Err(error) => check(NUMBER, State::Untried, unreached(&error)),
        },
        Err(error) => check(NUMBER, State::Untried, unreached(&error)),
    }
}

#[derive(Deserialize)]
struct Country {
    low_risk_numbers_enabled: bool,
}

async fn korea(api: &Api, base: &str) -> Check {
    let url = format!("{base}/v1/DialingPermissions/Countries/KR");
    match api.read_at(&url).await {
        Ok(Country { low_risk_numbers_enabled: true }) => {
            check(KOREA, State::Ok, "한국으로 거는 것이 허용되어 있습니다.")
        }
        Ok(Country { low_risk_numbers_enabled: false }) => check(
            KOREA,
            State::Missing,
            "한국으로 거는 것이 막혀 있습니다. Twilio 콘솔의 Voice Geographic Permissions에서 South Korea를 켜 주십시오.",
        ),
        Err(error) => check(KOREA, State::Untried, unreached(&error)),
    }
}
