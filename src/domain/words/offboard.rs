//! What people read of offboard.

use super::super::procedures::offboard::Offboard;

/// Where it stands, in a few words.
#[must_use]
pub fn state(one: &Offboard) -> String {
    let _ = one;
    String::new()
}

/// The head of the card of an MSP customer that leaves (X7); `how`: the sign and the words of its end.
#[must_use]
pub fn msp_head(
    one: &super::super::procedures::offboard::MspOffboard,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> super::super::message::Line,
) -> Vec<super::super::message::Line> {
    let _ = (one, how);
    vec![about("", String::new())]
}
