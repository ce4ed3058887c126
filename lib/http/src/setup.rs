//! The code with which the first person of an installation is made.

use sha2::{Digest, Sha256};

use crate::password;

/// For so long a code is good.
pub const GOOD_FOR_S: f64 = 86_400.0;

/// A code that was drawn, with the only thing of it that is stored.
pub struct SetupCode {
    text: String,
    /// SHA-256 of the code.
    pub digest: [u8; 32],
}

impl SetupCode {
    /// Draws a code of 100 random bits.
    #[must_use]
    pub fn draw() -> Self {
        let text = password::draw();
        let digest = digest(&text);
        Self { text, digest }
    }

    /// The code, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// What is stored of a code. Spaces around it and capitals do not count: people type it.
#[must_use]
pub fn digest(code: &str) -> [u8; 32] {
    Sha256::digest(code.trim().to_ascii_lowercase()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_may_be_typed() {
        let code = SetupCode::draw();
        assert_eq!(digest(&format!("  {} ", code.reveal().to_uppercase())), code.digest);
        assert_ne!(SetupCode::draw().digest, code.digest);
    }
}
