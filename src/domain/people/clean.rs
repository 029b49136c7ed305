//! Text as people paste it, made even before it is read: widths, spaces, invisible characters, look-alike dashes.

use unicode_normalization::UnicodeNormalization;

/// The lines of a text with their numbers (from 1), whichever line ends it has.
pub(super) fn lines(text: &str) -> Vec<(usize, String)> {
    let even = text.replace("\r\n", "\n").replace('\r', "\n");
    even.split('\n').enumerate().map(|(index, line)| (index + 1, clean(line))).collect()
}

/// One line: NFKC (full-width brackets, colons and digits; composed Hangul), invisible characters gone, one kind of dash, tilde,
/// comma and space. Tabs stay, they part cells. Circled digits are bullets here: NFKC would glue them to a date ("①8월").
pub(super) fn clean(line: &str) -> String {
    let mut even = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '\u{2460}'..='\u{24ff}' => even.push_str("* "),
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}'
            | '\u{ad}'
            | '\u{fe0e}'
            | '\u{fe0f}' => {}
            '\u{2010}'..='\u{2015}' | '\u{2212}' => even.push('-'),
            '\u{301c}' | '\u{223c}' | '\u{02dc}' | '\u{2053}' => even.push('~'),
            '\u{3001}' => even.push(','),
            '\u{2028}' | '\u{2029}' | '\u{0b}' | '\u{0c}' => even.push(' '),
            _ => even.push(letter),
        }
    }
    even.nfkc().collect()
}

/// Without any white space, in lower case: for looking for words whose spacing varies.
pub(super) fn squash(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{clean, lines, squash};

    #[test]
    fn odd_characters_become_plain_ones() {
        assert_eq!(clean("８월\u{a0}６일（수）\u{200b}～ ８일"), "8월 6일(수)~ 8일");
        assert_eq!(clean("①8월 6일"), "* 8월 6일");
        assert_eq!(clean("010–0000–1001"), "010-0000-1001");
    }

    #[test]
    fn every_line_end_counts_once() {
        let numbers: Vec<_> = lines("a\r\nb\rc\nd");
        assert_eq!(numbers[3], (4, "d".to_owned()));
        assert_eq!(numbers.len(), 4);
    }

    #[test]
    fn squashing_drops_spaces_and_case() {
        assert_eq!(squash("General  Ticket 제외"), "generalticket제외");
    }
}
