//! Query parameters as [`Params`](crate::params::Params) reads them.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

/// One query parameter.
#[derive(Clone, Debug)]
pub struct Query {
    name: &'static str,
    schema: Value,
    is_list: bool,
    required: bool,
    description: String,
}

impl Query {
    fn new(name: &'static str, schema: Value) -> Self {
        Self { name, schema, is_list: false, required: false, description: String::new() }
    }

    /// A text; every one may be empty.
    #[must_use]
    pub fn text(name: &'static str) -> Self {
        // U+0000 cannot be stored or looked for.
        Self::new(name, json!({"type": "string", "pattern": "^[^\\u0000]*$"}))
    }

    /// A text of a certain form.
    #[must_use]
    pub fn formed(name: &'static str, pattern: &str) -> Self {
        Self::new(name, json!({"type": "string", "pattern": pattern}))
    }

    /// An integer in decimal digits.
    #[must_use]
    pub fn integer(name: &'static str, range: RangeInclusive<i64>) -> Self {
        let (low, high) = range.into_inner();
        Self::new(name, json!({"type": "integer", "format": "int64", "minimum": low, "maximum": high}))
    }

    /// One of a few words.
    #[must_use]
    pub fn words<'w>(name: &'static str, words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::new(name, json!({"type": "string", "enum": words.into_iter().collect::<Vec<_>>()}))
    }

    /// A time with an offset.
    #[must_use]
    pub fn instant(name: &'static str) -> Self {
        Self::new(name, super::schema::asked_instant())
    }

    /// A list, given as repeated keys, with commas, as `name[]=`, or any mixture.
    #[must_use]
    pub fn list(self) -> Self {
        let says = "A list: repeat the key, separate with commas, or write `name[]=`.";
        let mut item = self.schema;
        if item.get("enum").is_none() {
            item["pattern"] =
                r"^[^\u0000-\u0020,\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$".into();
        }
        Self {
            schema: json!({"type": "array", "items": item, "minItems": 1}),
            is_list: true,
            ..Self { schema: Value::Null, ..self }
        }
        .says(says)
    }

    /// A list whose items may contain commas: the key is repeated.
    #[must_use]
    pub fn repeated(self) -> Self {
        let mut item = self.schema;
        item["minLength"] = 1.into();
        Self {
            schema: json!({"type": "array", "items": item, "minItems": 1}),
            is_list: true,
            ..Self { schema: Value::Null, ..self }
        }
        .says("A list: repeat the key.")
    }

    /// What it is when it is not given.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.schema["default"] = value.into();
        self
    }

    /// It must be given, and not be empty.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self.not_empty()
    }

    /// It must not be empty when it is given.
    #[must_use]
    pub fn not_empty(mut self) -> Self {
        self.schema["minLength"] = 1.into();
        self
    }

    /// What it is for.
    #[must_use]
    pub fn says(mut self, text: &str) -> Self {
        if !self.description.is_empty() {
            self.description.push(' ');
        }
        self.description.push_str(text);
        self
    }

    /// As OpenAPI has it.
    pub(super) fn parameter(self) -> Value {
        let mut parameter = json!({"name": self.name, "in": "query", "required": self.required, "schema": self.schema});
        if self.is_list {
            parameter["style"] = "form".into();
            parameter["explode"] = true.into();
        }
        if !self.description.is_empty() {
            parameter["description"] = self.description.into();
        }
        parameter
    }
}
