//! Writing answers: tables and sentences for people, one JSON document for programs.

mod sorted;
mod table;

use std::io::{self, Write};

use serde::Serialize;

pub(crate) use sorted::sorted;
pub(crate) use table::Table;

use crate::failure::Failure;

/// Where a command's answer goes, and in which form.
pub(crate) struct Output<'a> {
    json: bool,
    styled: bool,
    to: &'a mut dyn Write,
}

impl<'a> Output<'a> {
    /// `styled` tells whether `to` is a terminal that shows bold text. Data never goes through a filter for escape
    /// sequences: it would take bytes out of payloads that only look like one.
    pub(crate) fn new(json: bool, styled: bool, to: &'a mut dyn Write) -> Self {
        Self { json, styled, to }
    }

    /// Whether a program reads this.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The one JSON document of an answer: keys sorted, integers exact, one line.
    pub(crate) fn document(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Failure> {
        let line = sorted(&serde_json::value::to_raw_value(value)?)?;
        Ok(writeln!(self.to, "{line}")?)
    }

    /// One line for a person.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        if self.styled {
            writeln!(self.to, "{}", text.as_ref())
        } else {
            writeln!(self.to, "{}", anstream::adapter::strip_str(text.as_ref()))
        }
    }

    /// A table for a person.
    pub(crate) fn table(&mut self, table: &Table) -> io::Result<()> {
        table.lines().try_for_each(|line| self.line(line))
    }

    /// The bare writer, for data that has its own form.
    pub(crate) fn raw(&mut self) -> &mut dyn Write {
        self.to
    }

    /// Makes sure everything was handed over.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Text from the log made safe for a terminal: control characters, and those that reorder what stands around them, are
/// shown as escapes. Otherwise a title could move the cursor or hide what follows.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push('⏎'),
            '\t' => safe.push(' '),
            c if c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                safe.extend(c.escape_unicode());
            }
            c => safe.push(c),
        }
    }
    safe
}

/// Text cut to `width` columns, with an ellipsis when something is missing.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if text.width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_the_log_cannot_steer_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb\nc\u{202e}d"), "a\\u{1b}[2Jb⏎c\\u{202e}d");
        assert_eq!(printable("naïve 東京"), "naïve 東京");
    }

    #[test]
    fn data_is_written_as_it_is_and_sentences_without_styles() {
        let mut written = Vec::new();
        let mut out = Output::new(true, false, &mut written);
        out.document("a\u{7f}b\u{9b}c").unwrap();
        out.line("\x1b[1mbold\x1b[0m").unwrap();
        assert_eq!(written, "\"a\u{7f}b\u{9b}c\"\nbold\n".as_bytes());
    }

    #[test]
    fn long_text_is_cut_at_columns() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert_eq!(shortened("東京都庁", 6), "東京…");
    }
}
