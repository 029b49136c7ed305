//! What the settings of the environment make of the services that the desk can do without.

pub(crate) mod phone;
