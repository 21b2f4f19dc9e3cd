//! Reading: one object or list at a time, of which each part is read by its own type. Nothing is
//! held of the JSON but where the parts are.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Stored, snake_case};

/// Why a value cannot be read, and where in the state it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable {
    why: String,
    /// The names of the fields that lead there, the innermost first.
    path: Vec<String>,
}

/// An object's fields, each unread.
pub(in crate::store) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    pub(in crate::store) fn of(json: &'a RawValue) -> Result<Self, Unreadable> {
        parsed(json).map(Self)
    }

    pub(in crate::store) fn read<T: Stored>(&self, name: &str) -> Result<T, Unreadable> {
        let missing = || Unreadable::new(format!("missing field `{name}`"));
        self.find(name, || T::absent().ok_or_else(missing))
    }

    /// For a field that older states lack.
    pub(in crate::store) fn read_or_default<T: Stored + Default>(
        &self,
        name: &str,
    ) -> Result<T, Unreadable> {
        self.find(name, || Ok(T::default()))
    }

    fn find<T: Stored>(
        &self,
        name: &str,
        otherwise: impl FnOnce() -> Result<T, Unreadable>,
    ) -> Result<T, Unreadable> {
        match self.0.get(name) {
            Some(json) => T::read(json).map_err(|error| error.within(name)),
            None => otherwise(),
        }
    }
}

/// A variant, as it was written, and what it holds.
pub(in crate::store) fn variant(
    json: &RawValue,
) -> Result<(String, Option<&RawValue>), Unreadable> {
    if json.get().starts_with('"') {
        return Ok((parsed(json)?, None));
    }
    let mut variants = Fields::of(json)?.0;
    match (variants.pop_first(), variants.is_empty()) {
        (Some((variant, content)), true) => Ok((variant, Some(content))),
        _ => Err(Unreadable::new("expected one variant")),
    }
}

/// Whether this is how `variant` is written.
pub(in crate::store) fn is_variant(written: &str, variant: &str) -> bool {
    written.bytes().eq(snake_case(variant))
}

/// What a variant holds.
pub(in crate::store) fn content<'a>(
    variant: &str,
    content: Option<&'a RawValue>,
) -> Result<&'a RawValue, Unreadable> {
    content.ok_or_else(|| Unreadable::new(format!("variant `{variant}` lacks its value")))
}

/// A list's items, each unread.
pub(super) fn items(json: &RawValue) -> Result<Vec<&RawValue>, Unreadable> {
    parsed(json)
}

/// What serde reads by itself.
pub(super) fn parsed<'a, T: Deserialize<'a>>(json: &'a RawValue) -> Result<T, Unreadable> {
    serde_json::from_str(json.get()).map_err(|error| {
        // Its position is one in this value, of which nobody knows where it begins.
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or_default();
        Unreadable::new(why)
    })
}

impl Unreadable {
    pub(in crate::store) fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), path: Vec::new() }
    }

    fn within(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.why)?;
        let mut separator = " in ";
        for name in self.path.iter().rev() {
            write!(formatter, "{separator}{name}")?;
            separator = ".";
        }
        Ok(())
    }
}
