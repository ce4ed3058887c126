//! Instants in JSON: RFC 3339 text with six fraction digits.

use dg_domain::Micros;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
pub(crate) fn serialize<S: Serializer>(at: &Micros, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&at.rfc3339())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Micros, D::Error> {
    let text = String::deserialize(input)?;
    Micros::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("no RFC 3339 timestamp"))
}

/// The same where there may be none.
pub(crate) mod maybe {
    use super::{Deserialize, Deserializer, Error, Micros, Serializer};

    #[expect(clippy::ref_option, reason = "the signature that serde asks for")]
    pub(crate) fn serialize<S: Serializer>(at: &Option<Micros>, out: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => out.serialize_str(&at.rfc3339()),
            None => out.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Micros>, D::Error> {
        let text = Option::<String>::deserialize(input)?;
        text.map(|text| Micros::parse_rfc3339(&text).ok_or_else(|| D::Error::custom("no RFC 3339 timestamp")))
            .transpose()
    }
}
