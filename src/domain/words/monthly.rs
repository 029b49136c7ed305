//! What people read of monthly.

use super::super::message::Line;
use super::super::procedures::monthly::Monthly;

/// The head of its card; `how`: the sign and the words of its end.
#[must_use]
pub fn head(
    one: &Monthly,
    how: Option<(&str, &str)>,
    about: impl Fn(&str, String) -> Line,
) -> Vec<Line> {
    let _ = (one, how);
    vec![about("", String::new())]
}
