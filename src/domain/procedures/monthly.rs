//! The month's on- and off-boardings: collated from the register, checked by hand, mailed (W1).

use super::super::ids::AccountId;
use serde::{Deserialize, Serialize};

/// The month's on- and off-boardings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Monthly {
    /// The first day of the month.
    pub month: chrono::NaiveDate,
    /// Accounts of other payers than the main one: they are checked by hand.
    pub checked_by_hand: Vec<AccountId>,
}
