//! The ports' real hands: each adapter speaks one service's protocol and nothing of the desk's rules.

pub mod http;
pub mod slack;
pub mod zendesk;
