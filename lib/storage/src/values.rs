//! Domain values as PostgreSQL sends and takes them, without a detour through other types.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use dg_domain::{Hash32, Key16, Micros};
use postgres_types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// 2000-01-01T00:00:00Z, where PostgreSQL starts to count, in microseconds since 1970.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;

/// An instant as `timestamptz`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PgMicros(pub(crate) Micros);

/// A 16-byte key as `uuid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PgKey(pub(crate) Key16);

impl ToSql for PgMicros {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_i64(self.0.get().saturating_sub(POSTGRES_EPOCH));
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for PgMicros {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Micros::new(i64::from_be_bytes(raw.try_into()?).saturating_add(POSTGRES_EPOCH))))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::TIMESTAMPTZ
    }
}

impl ToSql for PgKey {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for PgKey {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(Key16::from_bytes(raw.try_into()?)))
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::UUID
    }
}

/// A hash as `bytea`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PgHash(pub(crate) Hash32);

impl ToSql for PgHash {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::BYTEA
    }

    to_sql_checked!();
}
