//! What people read of inquiry.

use super::super::procedures::inquiry::Inquiry;

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Inquiry) -> String {
    let _ = one;
    String::new()
}
