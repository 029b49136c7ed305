//! The ports' real hands: each adapter speaks one service's protocol and nothing of the desk's rules.

pub mod customers_csv;
pub mod e164;
pub mod feeds;
pub mod fitcloud;
pub mod http;
pub mod phone_http;
pub mod slack;
pub mod smtp;
pub mod sns;
pub mod twilio;
pub mod zendesk;
