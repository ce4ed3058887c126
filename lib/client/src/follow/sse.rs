//! Server-sent events: pieces of text in, messages out.

/// One message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    /// Where to go on after it.
    pub(super) id: Option<String>,
    /// Its kind; empty for the usual one.
    pub(super) kind: String,
    /// Its lines; none when it only moves the id.
    pub(super) data: Option<String>,
    /// How soon to come back when the stream ends, in milliseconds.
    pub(super) retry_ms: Option<u64>,
}

/// The longest message that is taken: an event has at most 1 MiB, and its text may be escaped.
const MAX_MESSAGE: usize = 16 << 20;

/// A message that never ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// Takes pieces as they come, cut anywhere.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The piece before ended with CR: an LF that comes now belongs to it.
    after_cr: bool,
    message: Message,
    size: usize,
}

impl Parser {
    /// The messages that this piece completes.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<Vec<Message>, TooLong> {
        let mut found = Vec::new();
        for byte in piece {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' | b'\r' => {
                    self.after_cr = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    found.extend(self.take_line(&String::from_utf8_lossy(&line)));
                }
                _ => {
                    self.line.push(*byte);
                    self.size += 1;
                    if self.size > MAX_MESSAGE {
                        return Err(TooLong);
                    }
                }
            }
        }
        Ok(found)
    }

    fn take_line(&mut self, line: &str) -> Option<Message> {
        if line.is_empty() {
            self.size = 0;
            return Some(std::mem::take(&mut self.message)).filter(|message| *message != Message::default());
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" if !value.contains('\0') => self.message.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut self.message.kind),
            "retry" => self.message.retry_ms = value.parse().ok(),
            "data" => match &mut self.message.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                data => *data = Some(value.to_owned()),
            },
            _ => {} // a comment, or a field of a later time
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "retry: 1000\nid: 0\n\n: position\nid: 7\n\nid: 8\r\ndata: {\"a\":\r\ndata:1}\r\n\r\nevent: odd\ndata\n\nid: 9\ndata: é\r\rdata: cut";

    fn all(pieces: impl Iterator<Item = Vec<u8>>) -> Vec<Message> {
        let mut parser = Parser::default();
        pieces.flat_map(|piece| parser.feed(&piece).unwrap()).collect()
    }

    #[test]
    fn messages_are_the_same_however_the_text_is_cut() {
        let whole = all(std::iter::once(TEXT.as_bytes().to_vec()));
        let text = |text: &str| Some(text.to_owned());
        let of = |id, kind: &str, data, retry_ms| Message { id, kind: kind.to_owned(), data, retry_ms };
        assert_eq!(
            whole,
            [
                of(text("0"), "", None, Some(1000)),
                of(text("7"), "", None, None),
                of(text("8"), "", text("{\"a\":\n1}"), None),
                of(None, "odd", text(""), None),
                of(text("9"), "", text("é"), None),
            ]
        );
        for size in 1..TEXT.len() {
            assert_eq!(all(TEXT.as_bytes().chunks(size).map(<[u8]>::to_vec)), whole, "{size}");
        }
    }

    #[test]
    fn a_message_that_never_ends_is_not_gathered_for_ever() {
        let mut parser = Parser::default();
        let piece = vec![b'x'; 1 << 20];
        assert!((0..17).any(|_| parser.feed(&piece).is_err()));
    }
}
