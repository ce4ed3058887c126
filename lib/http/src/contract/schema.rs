//! Shapes of bodies, out of the types that are read and written.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

/// The named shapes that something refers to.
#[derive(Clone, Debug, Default)]
pub struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    /// The shape of a request body. What may be left out may be null too, as serde reads it.
    pub fn asked<T: ToSchema>(&mut self) -> Value {
        self.take::<T>(|schema| schema)
    }

    /// The shape of what is answered: what can be null is there as null, what cannot is there or left out.
    pub fn answered<T: ToSchema>(&mut self) -> Value {
        self.take::<T>(answered)
    }

    fn take<T: ToSchema>(&mut self, shape: fn(Value) -> Value) -> Value {
        let mut named = Vec::new();
        T::schemas(&mut named);
        for (name, schema) in named {
            self.add(&name, shape(value(&schema)));
        }
        shape(value(&T::schema()))
    }

    /// Adds a named shape.
    ///
    /// # Panics
    /// When the name has another shape already: two types claim one name, and each needs its own (`#[schema(as = …)]`).
    pub fn add(&mut self, name: &str, schema: Value) {
        match self.0.entry(name.to_owned()) {
            Entry::Vacant(place) => drop(place.insert(schema)),
            Entry::Occupied(known) => assert_eq!(known.get(), &schema, "two schemas are named {name}"),
        }
    }

    /// Takes over what `other` has.
    ///
    /// # Panics
    /// As [`Schemas::add`].
    pub fn merge(&mut self, other: Self) {
        for (name, schema) in other.0 {
            self.add(&name, schema);
        }
    }

    /// All of them, objects that were put together out of parts as one.
    pub(super) fn finish(self) -> Map<String, Value> {
        let all = self.0.clone();
        self.0.into_iter().map(|(name, schema)| (name, whole(schema, &all))).collect()
    }

    /// The shape with its parts put together.
    pub(super) fn whole(&self, schema: Value) -> Value {
        whole(schema, &self.0)
    }
}

fn value(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).expect("a schema is JSON")
}

fn answered(schema: Value) -> Value {
    each(schema, &|mut schema| {
        let nullable: Vec<Value> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, property)| admits_null(property))
            .map(|(name, _)| name.clone().into())
            .collect();
        if !nullable.is_empty() {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            schema["required"] = required.into_iter().chain(nullable).collect();
        }
        schema
    })
}

fn admits_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    let kinds = &schema["type"];
    is_null(kinds)
        || kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_null))
        || ["oneOf", "anyOf"].iter().any(|key| schema[*key].as_array().is_some_and(|all| all.iter().any(admits_null)))
}

/// One object instead of `allOf` of several: what `#[serde(flatten)]` means.
fn whole(schema: Value, named: &BTreeMap<String, Value>) -> Value {
    each(schema, &|schema| {
        let Some(parts) = schema["allOf"].as_array() else { return schema };
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let name = part["$ref"].as_str().and_then(|name| name.rsplit('/').next());
            let optional = part["oneOf"].as_array().and_then(|any| any.iter().find(|one| !admits_null(one)));
            let optional_name = optional.and_then(|part| part["$ref"].as_str()?.rsplit('/').next());
            let object = name.or(optional_name).and_then(|name| named.get(name)).unwrap_or(part);
            properties
                .extend(object["properties"].as_object().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
            if optional_name.is_none() {
                required.extend(object["required"].as_array().into_iter().flatten().cloned());
            }
        }
        let mut object = json!({"type": "object", "properties": properties, "required": required});
        if let Some(description) = schema.get("description") {
            object["description"] = description.clone();
        }
        object
    })
}

/// Changes a schema and every one inside of it, innermost first.
pub(super) fn each(schema: Value, change: &dyn Fn(Value) -> Value) -> Value {
    let changed = match schema {
        Value::Object(entries) => entries.into_iter().map(|(key, inner)| (key, each(inner, change))).collect(),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| each(item, change)).collect()),
        other => other,
    };
    if changed.is_object() { change(changed) } else { changed }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn or_null(builder: ObjectBuilder) -> Schema {
    builder.schema_type(SchemaType::from_iter([Type::String, Type::Null])).into()
}

/// One of a few words.
pub fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Schema {
    string().enum_values(Some(words)).into()
}

/// A time as the service writes it.
pub fn instant() -> Schema {
    string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))).into()
}

/// The same, or null.
pub fn nullable_instant() -> Schema {
    or_null(string().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
}

/// A digest: `sha256:` and 64 hexadecimal digits.
pub fn digest() -> Schema {
    string().pattern(Some("^sha256:[0-9a-f]{64}$")).into()
}

/// The same, or null.
pub fn nullable_digest() -> Schema {
    or_null(string().pattern(Some("^sha256:[0-9a-f]{64}$")))
}

/// Any text.
pub fn text() -> Schema {
    string().into()
}

/// A position in a log, or a number of things.
pub fn position() -> Schema {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(int64)).minimum(Some(0)).into()
}

/// The same, or null.
pub fn nullable_position() -> Schema {
    let int64 = SchemaFormat::KnownFormat(KnownFormat::Int64);
    let kinds = SchemaType::from_iter([Type::Integer, Type::Null]);
    ObjectBuilder::new().schema_type(kinds).format(Some(int64)).minimum(Some(0)).into()
}

/// An object with any members.
pub fn object() -> Schema {
    ObjectBuilder::new().schema_type(Type::Object).into()
}

/// A time as the service reads it: RFC 3339 with an offset, `T` and `Z` in capitals, no leap second, no year 0.
#[must_use]
pub fn asked_instant() -> Value {
    let leap = "(([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)";
    let others = "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])))";
    let clock = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?";
    let offset = "(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
    json!({"type": "string", "pattern": format!("^(?!0000)({leap}|{others})T{clock}{offset}$"), "examples": ["2026-05-04T09:00:00Z"]})
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    #[derive(Serialize, ToSchema)]
    struct Outer<'a> {
        name: &'a str,
        end: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        more: Option<i64>,
        inner: Option<Inner>,
        #[serde(flatten)]
        flat: Flat,
    }

    #[derive(Serialize, ToSchema)]
    struct Inner {
        at: Option<i64>,
    }

    #[derive(Serialize, ToSchema)]
    struct Flat {
        total: i64,
    }

    #[test]
    fn what_can_be_null_is_there() {
        let mut schemas = Schemas::default();
        let schema = schemas.answered::<Outer<'_>>();
        let schema = schemas.whole(schema);
        let mut required: Vec<&str> = schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        required.sort_unstable();
        assert_eq!(required, ["end", "inner", "name", "total"], "{schema}");
        assert_eq!(schemas.finish()["Inner"]["required"], json!(["at"]));
        let outer = Outer { name: "n", end: None, more: None, inner: None, flat: Flat { total: 1 } };
        let sent = serde_json::to_value(outer).unwrap();
        assert!(required.iter().all(|name| sent.get(name).is_some()) && sent.get("more").is_none());
    }

    #[test]
    #[should_panic(expected = "two schemas are named X")]
    fn a_name_stands_for_one_shape() {
        let mut schemas = Schemas::default();
        schemas.add("X", json!({"type": "string"}));
        schemas.add("X", json!({"type": "object"}));
    }
}
