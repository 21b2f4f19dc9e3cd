//! How values are written as JSON and read back. [`Stored`] is implemented for the core's types by
//! one macro that lists the fields once, so that the core knows nothing of JSON and nothing is
//! copied to be written. What is stored is listed in `memory`.
//!
//! A field or variant that is added to a listed type must be added to its list before this
//! compiles. Fields that this dmon does not know are ignored.

mod read;
mod values;
mod write;

use serde_json::value::RawValue;

pub(super) use self::read::{Fields, Unreadable, content, is_variant, variant};
pub(super) use self::write::{Writer, to_bytes};

/// What is kept in the state.
pub trait Stored {
    /// Writes the value.
    fn write(&self, out: &mut Writer);

    /// Reads what [`Self::write`] wrote, now or in an older dmon.
    fn read(json: &RawValue) -> Result<Self, Unreadable>
    where
        Self: Sized;

    /// Whether a field with this value is left out.
    fn is_absent(&self) -> bool {
        false
    }

    /// The value of a field that was left out; `None` where it must be there.
    fn absent() -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// What a map is kept by, if not by text. JSON's own keys are text: such a map is a list of pairs.
pub(super) trait Key: Stored + Ord {}

/// How a variant is written.
fn snake_case(name: &str) -> impl Iterator<Item = u8> {
    name.bytes().enumerate().flat_map(|(at, byte)| {
        let separator = (at > 0 && byte.is_ascii_uppercase()).then_some(b'_');
        separator.into_iter().chain([byte.to_ascii_lowercase()])
    })
}

/// Implements [`Stored`] for structs and enums, each listed with all that it has.
///
/// A field is written under its name, or the one after `as`. One with `or default` may be missing
/// in an older state. A field after `;` is not stored and has the value given there when it is
/// read. A variant that holds one value names it: `Is(status)`.
macro_rules! stored {
    () => {};

    (
        struct $core:ty {
            $($field:ident $(as $name:literal)? $(or $default:ident)?),* $(,)?
            $(; $($unsaved:ident = $value:expr),*)?
        }
        $($rest:tt)*
    ) => {
        impl Stored for $core {
            fn write(&self, out: &mut Writer) {
                type Core = $core;
                let Core { $($field,)* $($($unsaved: _),*)? } = self;
                out.object(&[$((name!($field $($name)?), $field as &dyn Stored)),*]);
            }

            fn read(json: &RawValue) -> Result<Self, Unreadable> {
                type Core = $core;
                let fields = Fields::of(json)?;
                Ok(Core {
                    $($field: read_field!(fields, name!($field $($name)?) $(, $default)?),)*
                    $($($unsaved: $value),*)?
                })
            }
        }

        stored! { $($rest)* }
    };

    (
        enum $core:ty {
            $($variant:ident $(($value:ident))? $({ $($field:ident),* })?),* $(,)?
        }
        $($rest:tt)*
    ) => {
        impl Stored for $core {
            fn write(&self, out: &mut Writer) {
                type Core = $core;
                match self {
                    $(Core::$variant $(($value))? $({ $($field),* })? => {
                        write_variant!(out, $variant $(($value))? $({ $($field),* })?);
                    })*
                }
            }

            fn read(json: &RawValue) -> Result<Self, Unreadable> {
                type Core = $core;
                let (written, content) = stored::variant(json)?;
                $(if stored::is_variant(&written, stringify!($variant)) {
                    return read_variant!(
                        Core, written, content, $variant $(($value))? $({ $($field),* })?
                    );
                })*
                Err(Unreadable::new(format!("unknown variant `{written}`")))
            }
        }

        stored! { $($rest)* }
    };
}

macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

macro_rules! read_field {
    ($fields:ident, $name:expr) => {
        $fields.read($name)?
    };
    ($fields:ident, $name:expr, default) => {
        $fields.read_or_default($name)?
    };
}

macro_rules! write_variant {
    ($out:ident, $variant:ident) => {
        $out.unit(stringify!($variant))
    };
    ($out:ident, $variant:ident ($value:ident)) => {
        $out.variant(stringify!($variant), |out| $value.write(out))
    };
    ($out:ident, $variant:ident { $($field:ident),* }) => {
        $out.variant(stringify!($variant), |out| {
            out.object(&[$((stringify!($field), $field as &dyn Stored)),*]);
        })
    };
}

macro_rules! read_variant {
    ($core:ident, $written:ident, $content:ident, $variant:ident) => {{
        let _ = $content;
        Ok($core::$variant)
    }};
    ($core:ident, $written:ident, $content:ident, $variant:ident ($value:ident)) => {
        Stored::read(stored::content(&$written, $content)?).map($core::$variant)
    };
    ($core:ident, $written:ident, $content:ident, $variant:ident { $($field:ident),* }) => {{
        let fields = Fields::of(stored::content(&$written, $content)?)?;
        Ok($core::$variant { $($field: fields.read(stringify!($field))?),* })
    }};
}
