//! What files may hold, told by their first bytes and not by their names.

/// The largest file, in bytes: 10 MiB.
pub const LARGEST_FILE: usize = 10 << 20;

/// What a file may hold. Nothing here is run by a browser that is told what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum MediaType {
    Csv,
    Jpeg,
    Json,
    Markdown,
    Pdf,
    Plain,
    Png,
    Webp,
}

/// Why a file is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    /// The type is none of [`MediaType::ALL`].
    #[error("files of this media type are not taken")]
    MediaType,
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is larger than [`LARGEST_FILE`].
    #[error("the file is larger than 10 MiB")]
    TooLarge,
    /// It does not begin as a file of its type does, or is no text where it says so.
    #[error("the file is not what its media type says")]
    Content,
}

impl MediaType {
    /// Every one.
    pub const ALL: [Self; 8] =
        [Self::Csv, Self::Jpeg, Self::Json, Self::Markdown, Self::Pdf, Self::Plain, Self::Png, Self::Webp];

    /// As in `content-type`, without parameters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Jpeg => "image/jpeg",
            Self::Json => "application/json",
            Self::Markdown => "text/markdown",
            Self::Pdf => "application/pdf",
            Self::Plain => "text/plain",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    /// How the name of such a file ends, without the point.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jpeg => "jpg",
            Self::Json => "json",
            Self::Markdown => "md",
            Self::Pdf => "pdf",
            Self::Plain => "txt",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// What a file of that name usually holds.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        let end = end.to_ascii_lowercase();
        match end.as_str() {
            "jpeg" => Some(Self::Jpeg),
            "markdown" => Some(Self::Markdown),
            "log" | "text" => Some(Self::Plain),
            end => Self::ALL.into_iter().find(|known| known.extension() == end),
        }
    }

    /// Reads a `content-type`; parameters do not count.
    #[must_use]
    pub fn parse(header: &str) -> Option<Self> {
        let name = header.split(';').next()?.trim().to_ascii_lowercase();
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// Checks a file against the type that it is said to have.
    ///
    /// # Errors
    /// [`BadFile`].
    pub fn check(header: &str, bytes: &[u8]) -> Result<Self, BadFile> {
        let media_type = Self::parse(header).ok_or(BadFile::MediaType)?;
        if bytes.is_empty() {
            return Err(BadFile::Empty);
        }
        if bytes.len() > LARGEST_FILE {
            return Err(BadFile::TooLarge);
        }
        if media_type.begins(bytes) { Ok(media_type) } else { Err(BadFile::Content) }
    }

    fn begins(self, bytes: &[u8]) -> bool {
        match self {
            Self::Csv | Self::Markdown | Self::Plain => is_text(bytes),
            Self::Json => serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok(),
            Self::Jpeg => bytes.starts_with(&[0xff, 0xd8, 0xff]),
            Self::Pdf => bytes.starts_with(b"%PDF-"),
            Self::Png => bytes.starts_with(b"\x89PNG\r\n\x1a\n"),
            Self::Webp => bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"),
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    std::str::from_utf8(bytes).is_ok_and(|text| !text.contains(control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_what_they_say() {
        let good: [(&str, &[u8]); 9] = [
            ("text/plain", "Grüße\n".as_bytes()),
            ("text/plain; charset=utf-8", b"x"),
            ("TEXT/CSV", b"a,b\r\n1,2\r\n"),
            ("text/markdown", b"# x"),
            ("application/json", b"{\"a\": 1.5}"),
            ("application/pdf", b"%PDF-1.7\n"),
            ("image/png", b"\x89PNG\r\n\x1a\n...."),
            ("image/jpeg", b"\xff\xd8\xff\xe0"),
            ("image/webp", b"RIFF\x00\x00\x00\x00WEBPVP8 "),
        ];
        for (header, bytes) in good {
            assert!(MediaType::check(header, bytes).is_ok(), "{header}");
        }
        for header in ["", "text/html", "image/svg+xml", "application/octet-stream", "text", "application/pdf2"] {
            assert_eq!(MediaType::check(header, b"%PDF-"), Err(BadFile::MediaType), "{header}");
        }
        let bad: [(&str, &[u8]); 8] = [
            ("application/pdf", b"<html>"),
            ("image/png", b"%PDF-1.7"),
            ("image/jpeg", b"\xff\xd8"),
            ("image/webp", b"RIFF"),
            ("application/json", b"{"),
            ("text/plain", b"a\0b"),
            ("text/plain", b"\xff\xfe"),
            ("text/csv", b"MZ\x90\x00"),
        ];
        for (header, bytes) in bad {
            assert_eq!(MediaType::check(header, bytes), Err(BadFile::Content), "{header}");
        }
        assert_eq!(MediaType::check("text/plain", b""), Err(BadFile::Empty));
        assert_eq!(MediaType::check("text/plain", &vec![b'x'; LARGEST_FILE + 1]), Err(BadFile::TooLarge));
        assert_eq!(MediaType::check("text/plain", &vec![b'x'; LARGEST_FILE]), Ok(MediaType::Plain));
    }

    #[test]
    fn names_are_read_back() {
        for known in MediaType::ALL {
            assert_eq!(MediaType::parse(known.as_str()), Some(known));
            assert_eq!(MediaType::of_name(&format!("a.b.{}", known.extension())), Some(known));
        }
        for (name, expected) in
            [("IMG.JPEG", Some(MediaType::Jpeg)), ("x.log", Some(MediaType::Plain)), ("x.docx", None), ("pdf", None)]
        {
            assert_eq!(MediaType::of_name(name), expected, "{name}");
        }
    }
}
