//! Passwords: how they are hashed, checked and drawn.
//!
//! Argon2id with 19 MiB, two passes and one lane, as OWASP advises, in PHC form: a hash says how it was made, so that a
//! later release can ask for more and still check old ones.

use argon2::{Argon2, PasswordHasher, PasswordVerifier};

use crate::error::ApiError;

const SHORTEST: usize = 12;
const LONGEST: usize = 256;
/// What is checked where there is nothing to check, so that an unknown name takes as long as a wrong password.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ZGVjaXNpb25ncmFwaC4uLg$U3VjaCBhIHBhc3N3b3JkIGRvZXMgbm90IGV4aXN0Ljo";
/// Letters and digits that nobody mistakes for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Whether a text may become somebody's password: from 12 characters to 256 bytes.
///
/// # Errors
/// `invalid_argument`, with `pointer`.
pub fn check_new(password: &str, pointer: &'static str) -> Result<(), ApiError> {
    let long_enough = password.chars().count() >= SHORTEST && !password.trim().is_empty();
    if long_enough && password.len() <= LONGEST {
        return Ok(());
    }
    Err(ApiError::invalid("a password needs 12 characters, and at most 256 bytes").with("pointer", pointer))
}

/// Hashes a password. Takes some ten milliseconds of a processor: not for a thread that serves others.
///
/// # Errors
/// `internal_error`, for no text that [`check_new`] lets through.
pub fn hash(password: &str) -> Result<String, ApiError> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).expect("the system has a random source");
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hash| hash.to_string()).map_err(|error| ApiError::internal(error.to_string()))
}

/// Whether this is the password. Takes as long as [`hash`], also without a hash to compare with.
#[must_use]
pub fn verify(password: &str, phc: Option<&str>) -> bool {
    // Longer ones are nobody's, and hashing them is work that callers could ask for.
    let fits = password.len() <= LONGEST;
    let given = if fits { password } else { "" };
    let same = Argon2::default().verify_password(given.as_bytes(), phc.unwrap_or(DECOY)).is_ok();
    same && fits && phc.is_some()
}

/// Draws a password of 100 random bits: four groups of five letters and digits.
#[must_use]
pub fn draw() -> String {
    let mut bytes = [0_u8; 20];
    getrandom::fill(&mut bytes).expect("the system has a random source");
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_it_hashed() {
        let phc = hash("correct horse battery").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify("correct horse battery", Some(&phc)));
        assert!(!verify("correct horse batterY", Some(&phc)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("", Some(&phc)) && !verify(&"x".repeat(300), Some(&phc)) && !verify("x", Some("not a hash")));
        assert_ne!(hash("correct horse battery").unwrap(), phc, "each has its own salt");
    }

    #[test]
    fn the_decoy_is_as_much_work_as_a_hash() {
        let parts: Vec<&str> = DECOY.split('$').collect();
        let real = hash("correct horse battery").unwrap();
        let real: Vec<&str> = real.split('$').collect();
        assert_eq!((parts.len(), &parts[..4]), (real.len(), &real[..4]));
        assert_eq!((parts[4].len(), parts[5].len()), (real[4].len(), real[5].len()));
        let checked = Argon2::default().verify_password(b"x", DECOY).unwrap_err();
        assert_eq!(
            checked.to_string(),
            Argon2::default().verify_password(b"x", &*hash("another one").unwrap()).unwrap_err().to_string()
        );
    }

    #[test]
    fn bounds_what_people_choose() {
        for good in ["twelve chars", "ünïcödé-päss", &"x".repeat(256)] {
            assert!(check_new(good, "/password").is_ok(), "{good}");
        }
        for bad in ["", "eleven char", "            ", &"x".repeat(257)] {
            assert!(check_new(bad, "/password").is_err(), "{bad}");
        }
    }

    #[test]
    fn draws_what_it_would_take() {
        let (one, other) = (draw(), draw());
        assert!(check_new(&one, "/password").is_ok() && one != other);
        assert_eq!(one.len(), 23);
    }
}
