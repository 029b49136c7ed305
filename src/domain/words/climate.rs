//! What people read of climate.

use super::super::procedures::climate::Climate;

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Climate) -> String {
    let _ = one;
    String::new()
}
