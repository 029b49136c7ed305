//! What people read of onboard.

use super::super::message::Line;
use super::super::procedures::onboard::Onboard;

/// The head of its card; `how`: the sign and the words of its end.
#[must_use]
pub fn head(
    one: &Onboard,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
) -> Vec<Line> {
    let _ = (one, how);
    vec![about("", String::new())]
}
