//! How far long work has come, on stderr: only where that is a terminal, so that nothing stands in a file or a pipe that was not asked
//! for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// How many times a second it is drawn.
const DRAWN: u8 = 5;

/// Work on one thing after another; gone from the terminal when it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `doing`: what is done, in Korean; `of`: how many things there are, where that is known; `unit`: what one is called.
    pub(super) fn begin(doing: &'static str, of: Option<u64>, unit: &str) -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(DRAWN), doing, of, unit)
    }

    fn on(target: ProgressDrawTarget, doing: &'static str, of: Option<u64>, unit: &str) -> Self {
        let bar = ProgressBar::with_draw_target(of, target).with_message(doing);
        let shape = match of {
            Some(_) => format!(
                "{{msg}} {{bar:30}} {{human_pos}}/{{human_len}}{unit}, 남은 시간 약 {{eta}}"
            ),
            None => format!("{{spinner}} {{msg}} {{human_pos}}{unit}, {{elapsed}}째"),
        };
        // a shape that indicatif does not know leaves its own, which tells as much
        if let Ok(style) = ProgressStyle::with_template(&shape) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_secs(1) / u32::from(DRAWN));
        Self { bar }
    }

    /// So many are done.
    pub(super) fn at(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// One more is done.
    pub(super) fn step(&self) {
        self.bar.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io;
    use std::sync::{Arc, Mutex, PoisonError};

    /// A terminal of one line.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn target(&self) -> ProgressDrawTarget {
            ProgressDrawTarget::term_like(Box::new(self.clone()))
        }

        fn contents(&self) -> String {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).trim_end().to_owned()
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }

        fn move_cursor_up(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _n: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_way_through_a_journal_is_told_and_gone_when_it_is_done() {
        let terminal = Screen::default();
        let progress = Progress::on(terminal.target(), "저널을 확인하는 중", Some(1_000_000), "건");
        progress.at(250_000);
        progress.bar.force_draw();
        let shown = terminal.contents();
        assert!(shown.starts_with("저널을 확인하는 중"), "{shown}");
        assert!(shown.contains("250,000/1,000,000건, 남은 시간 약"), "{shown}");
        drop(progress);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn where_the_end_is_not_known_what_is_done_is_told() {
        let terminal = Screen::default();
        let progress = Progress::on(terminal.target(), "저널을 다시 재생하는 중", None, "건");
        progress.at(41_999);
        progress.step();
        progress.bar.force_draw();
        assert!(terminal.contents().contains("42,000건"), "{}", terminal.contents());
    }
}
