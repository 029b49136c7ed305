//! TwiML: what Twilio's voice says and waits for.

use crate::domain::words;
use quick_xml::escape::escape;

/// The most that Twilio takes with the request for a call, in characters.
pub const INLINE_AT_MOST: usize = 4000;
/// How long the voice waits for a key, in seconds.
const WAITS: u8 = 10;

/// Says `speech` and waits for one key, once for each address that the key is sent to; then says that none was pressed, and ends
/// the call. It needs nobody's answer but for a key.
#[must_use]
pub fn ask(speech: &str, actions: &[String]) -> String {
    let said = say(speech);
    let gather = |action: &String| {
        format!(
            // every key is one: without finishOnKey="" the # would be none
            r#"<Gather input="dtmf" numDigits="1" timeout="{WAITS}" action="{}" method="POST" finishOnKey="">{said}</Gather>"#,
            escape(action.as_str())
        )
    };
    let asked: String = actions.iter().map(gather).collect();
    response(&format!("{asked}{}<Hangup/>", say(words::phone::no_key())))
}

/// Says `speech`, if anything, and ends the call.
#[must_use]
pub fn end(speech: Option<&str>) -> String {
    response(&format!("{}<Hangup/>", speech.map(say).unwrap_or_default()))
}

fn say(speech: &str) -> String {
    // what XML cannot hold at all, escaped or not
    let spoken: String = speech.chars().filter(|sign| !sign.is_control()).collect();
    format!(r#"<Say language="ko-KR">{}</Say>"#, escape(spoken.as_str()))
}

fn response(verbs: &str) -> String {
    format!(r#"<?xml version="1.0" encoding="UTF-8"?><Response>{verbs}</Response>"#)
}

#[cfg(test)]
mod tests {
    use super::{ask, end};

    #[test]
    fn it_says_everything_twice_and_ends() {
        let actions = ["https://coc.example.com/v?call=1.0&turn=1".to_owned(), "b".to_owned()];
        let twiml = ask("한빛전자 <긴급> & \u{1}4242번", &actions);
        let once = r#"<Say language="ko-KR">한빛전자 &lt;긴급&gt; &amp; 4242번</Say></Gather>"#;
        assert_eq!(twiml.matches(once).count(), 2, "{twiml}");
        let gather = r#"<Gather input="dtmf" numDigits="1" timeout="10" action="https://coc.example.com/v?call=1.0&amp;turn=1" method="POST" finishOnKey="">"#;
        assert_eq!(twiml.matches(gather).count(), 1, "{twiml}");
        assert!(twiml.ends_with("</Say><Hangup/></Response>"), "{twiml}");
        assert!(end(None).ends_with("<Response><Hangup/></Response>"));
    }
}
