//! How much one source may ask, by the environment.

use crate::cli::Failure;
use crate::cli::settings::setting;
use crate::ingress::limits::Limits;
use std::num::NonZeroU32;

const PROXIES: &str = "COC_TRUSTED_PROXIES";
const REFUSED: &str = "COC_REFUSED_PER_MINUTE";
const TAKEN: &str = "COC_REQUESTS_PER_SECOND";

/// The limits.
///
/// # Errors
/// When a setting cannot be read.
pub(crate) fn limits() -> Result<Limits, Failure> {
    let mut limits = Limits::default();
    if let Some(text) = given(PROXIES)? {
        let proxies = text.split(',').map(str::trim).filter(|one| !one.is_empty());
        limits.proxies = proxies
            .map(|one| one.parse().map_err(|wrong| {
                Failure::input(format!("{PROXIES}: {wrong}. 읽은 값: \"{one}\". 여럿이면 쉼표로 나눕니다. 예: 127.0.0.1, 10.0.0.0/8"))
            }))
            .collect::<Result<_, _>>()?;
    }
    limits.refused_a_minute = number(REFUSED, limits.refused_a_minute)?;
    limits.taken_a_second = number(TAKEN, limits.taken_a_second)?;
    Ok(limits)
}

fn given(name: &'static str) -> Result<Option<String>, Failure> {
    setting(name).map_err(|error| Failure::input(error.to_string()))
}

fn number(name: &'static str, default: NonZeroU32) -> Result<NonZeroU32, Failure> {
    let Some(text) = given(name)? else { return Ok(default) };
    text.parse().map_err(|_| {
        Failure::input(format!(
            "{name}: 1 이상의 수를 적어 주십시오. 읽은 값: \"{text}\". 예: {default}"
        ))
    })
}
