//! The ports' real hands: each adapter speaks one service's protocol and nothing of the desk's rules.

pub mod e164;
pub mod http;
pub mod phone_http;
pub mod slack;
pub mod twilio;
