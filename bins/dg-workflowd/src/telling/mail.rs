//! Messages by SMTP.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use dg_runtime::exit::chain;
use dg_runtime::secret::Secret;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde::Deserialize;
use tokio::time::timeout;

use super::message::Mail;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Encryption {
    /// It begins in the open and is encrypted before anything is said; a server that does not is not used.
    #[default]
    Starttls,
    /// It is encrypted from the start.
    Tls,
    /// Never: for a server on this machine.
    None,
}

/// How the mail server is reached.
#[derive(Clone, Debug, Default)]
pub(crate) struct MailConfig {
    pub(crate) host: String,
    /// 0 for the usual one.
    pub(crate) port: u16,
    pub(crate) tls: Encryption,
    pub(crate) user: String,
    /// Read anew for each message.
    pub(crate) password_file: PathBuf,
    pub(crate) from: String,
    pub(crate) timeout: Duration,
}

/// What sends mail.
#[derive(Clone, Debug)]
pub(crate) struct Mailer {
    config: MailConfig,
    from: Mailbox,
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotTaken {
    /// Whether another attempt would end like this one.
    pub(super) for_ever: bool,
    /// The label in metrics.
    pub(super) outcome: &'static str,
    pub(super) reason: String,
}

/// Whether a host is this machine: nothing that is said to it leaves it.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Mailer {
    /// `None` without a server. The settings were checked.
    pub(crate) fn new(config: MailConfig) -> Option<Self> {
        let from = config.from.parse().ok()?;
        (!config.host.is_empty()).then_some(Self { config, from })
    }

    /// Sends one message.
    pub(super) async fn send(&self, to: &str, mail: &Mail) -> Result<(), NotTaken> {
        let message =
            self.compose(to, mail).map_err(|reason| NotTaken { for_ever: true, outcome: "address", reason })?;
        let later = |outcome, reason| NotTaken { for_ever: false, outcome, reason };
        let transport = self.transport().map_err(|reason| later("tls", reason))?;
        let waited = timeout(self.config.timeout, transport.send(message)).await;
        let limit = self.config.timeout.as_millis();
        let sent = waited.map_err(|_| later("timeout", format!("the mail server did not answer within {limit} ms")))?;
        sent.map(drop).map_err(|error| {
            let code = error.status().map(u16::from);
            let outcome = match code {
                Some(_) => "refused",
                None if error.is_timeout() => "timeout",
                None if error.is_tls() => "tls",
                None => "connect",
            };
            let reason = code.map_or_else(
                || format!("the mail server cannot be reached: {}", chain(&error)),
                |code| format!("the mail server answered {code}: {}", chain(&error)),
            );
            NotTaken { for_ever: code.is_some_and(is_final), outcome, reason }
        })
    }

    fn compose(&self, to: &str, mail: &Mail) -> Result<Message, String> {
        let address = to.parse().map_err(|_| "the address is none".to_owned())?;
        let at = u64::try_from(mail.at.get()).unwrap_or_default();
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, address))
            .subject(mail.subject.clone())
            // The same at every attempt: whoever gets it twice can tell.
            .message_id(Some(format!("<{}@{domain}>", mail.message_id)))
            .date(UNIX_EPOCH + Duration::from_micros(at))
            // Answering machines leave it alone (RFC 3834).
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
            .header(ContentType::TEXT_PLAIN)
            .header(header::ContentTransferEncoding::QuotedPrintable)
            .body(mail.text.clone())
            .map_err(|error| chain(&error))
    }

    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        let config = &self.config;
        let trusting = || TlsParameters::new(config.host.clone()).map_err(|error| chain(&error));
        let (tls, usual) = match config.tls {
            Encryption::Starttls => (Tls::Required(trusting()?), 587),
            Encryption::Tls => (Tls::Wrapper(trusting()?), 465),
            Encryption::None => (Tls::None, 25),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.clone())
            .port(if config.port == 0 { usual } else { config.port })
            .tls(tls)
            .hello_name(ClientId::Domain(self.from.email.domain().to_owned()))
            .timeout(Some(config.timeout));
        if !config.user.is_empty() {
            let password = Secret::read(&config.password_file)
                .map_err(|error| format!("workflow.smtp_password_file cannot be read: {error}"))?;
            builder = builder.credentials(Credentials::new(config.user.clone(), password.expose().to_owned()));
        }
        Ok(builder.build())
    }
}

/// Whether an answer is about this message, and not about who sends it: those about signing in can be put right.
fn is_final(code: u16) -> bool {
    matches!(code, 500..=599) && !matches!(code, 530..=539)
}

#[cfg(test)]
mod tests {
    use dg_domain::Micros;

    use super::*;

    fn mailer(from: &str) -> Option<Mailer> {
        Mailer::new(MailConfig { host: "localhost".to_owned(), from: from.to_owned(), ..MailConfig::default() })
    }

    fn mail(subject: &str) -> Mail {
        Mail {
            message_id: "0190a".to_owned(),
            at: Micros::new(1_700_000_000_000_000),
            subject: subject.to_owned(),
            text: "Grüße\n.\nend\n".to_owned(),
        }
    }

    #[test]
    fn headers_are_as_they_are_meant() {
        let message =
            mailer("DecisionGraph <dg@example.org>").unwrap().compose("ana@example.org", &mail("Zu prüfen")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        for line in [
            "From: DecisionGraph <dg@example.org>",
            "To: ana@example.org",
            "Message-ID: <0190a@example.org>",
            "Date: Tue, 14 Nov 2023 22:13:20 +0000",
            "Auto-Submitted: auto-generated",
            "Content-Type: text/plain; charset=utf-8",
        ] {
            assert!(text.contains(&format!("{line}\r\n")), "{line}\n{text}");
        }
        assert!(!text.contains("Grüße") && text.contains("Gr=C3=BC=C3=9Fe"), "{text}");
    }

    #[test]
    fn nothing_smuggles_a_header_in() {
        let mailer = mailer("dg@example.org").unwrap();
        let message = mailer.compose("ana@example.org", &mail("hello\r\nBcc: eve@example.org")).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(!text.contains("\r\nBcc:"), "{text}");
        for bad in [
            "ana",
            "ana@example.org\r\nBcc: eve@example.org",
            "ana@example.org, eve@example.org",
            "Ana <ana@example.org>",
        ] {
            assert!(mailer.compose(bad, &mail("x")).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_about_the_message_is_final() {
        assert!(is_final(550) && is_final(554) && !is_final(451) && !is_final(535) && !is_final(530));
        assert!(
            is_loopback("127.0.0.1")
                && is_loopback("::1")
                && is_loopback("localhost")
                && !is_loopback("mail.example.org")
        );
        assert!(Mailer::new(MailConfig::default()).is_none());
    }
}
