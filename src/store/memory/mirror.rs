//! How a type that is written is tied to the core's: [`Mirror`], the macro that declares both
//! directions of it from one list of fields, and the mirrors of what is not the core's own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::monitor::{container, moment};
use crate::timestamp;

/// What is written for a type of the core.
pub(super) trait Mirror {
    /// That type.
    type Core;

    /// What is written for it.
    fn of(core: &Self::Core) -> Self;

    /// It, from what was written.
    fn core(self) -> Self::Core;

    /// Whether it need not be written: serde reads an `Option` that is missing as `None`.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Declares mirrors: `struct Mirror = core::Type { field: Mirror, … }`, and the same for enums, in
/// which the one value of a variant `Is(status: Status)` needs a name. Every field and variant of
/// the core's type must be there; those within `..{ field: value }` are not written, and have that
/// value when they are read.
macro_rules! mirror {
    () => {};

    (
        $(#[$attribute:meta])*
        struct $name:ident = $core:ty {
            $($(#[$note:meta])* $field:ident: $mirror:ty,)*
            $(..{ $($forgotten:ident: $value:expr),* $(,)? })?
        }
        $($rest:tt)*
    ) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        $(#[$attribute])*
        pub(super) struct $name {
            $($(#[$note])* #[serde(skip_serializing_if = "Mirror::is_absent")] $field: $mirror),*
        }

        impl Mirror for $name {
            type Core = $core;

            fn of(core: &$core) -> Self {
                type Core = $core;
                let Core { $($field,)* $($($forgotten: _,)*)? } = core;
                Self { $($field: Mirror::of($field)),* }
            }

            fn core(self) -> $core {
                type Core = $core;
                Core { $($field: self.$field.core(),)* $($($forgotten: $value,)*)? }
            }
        }

        mirror! { $($rest)* }
    };

    (
        enum $name:ident = $core:ty {
            $($variant:ident $(($value:ident: $of:ty))? $({
                $($field:ident: $mirror:ty),* $(,)?
            })?),* $(,)?
        }
        $($rest:tt)*
    ) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name {
            $($variant $(($of))? $({
                $(#[serde(skip_serializing_if = "Mirror::is_absent")] $field: $mirror),*
            })?),*
        }

        impl Mirror for $name {
            type Core = $core;

            fn of(core: &$core) -> Self {
                type Core = $core;
                match core {
                    $(Core::$variant $(($value))? $({ $($field),* })? => {
                        Self::$variant $((Mirror::of($value)))? $({
                            $($field: Mirror::of($field)),*
                        })?
                    }),*
                }
            }

            fn core(self) -> $core {
                type Core = $core;
                match self {
                    $(Self::$variant $(($value))? $({ $($field),* })? => {
                        Core::$variant $(($value.core()))? $({ $($field: $field.core()),* })?
                    }),*
                }
            }
        }

        mirror! { $($rest)* }
    };
}

/// Types that are written as they are.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Mirror for $type {
            type Core = Self;

            fn of(core: &Self) -> Self {
                core.clone()
            }

            fn core(self) -> Self {
                self
            }
        }
    )*};
}

plain!(bool, u16, u32, u64, i64, String, container::Labels);

impl<M: Mirror> Mirror for Option<M> {
    type Core = Option<M::Core>;

    fn of(core: &Self::Core) -> Self {
        core.as_ref().map(M::of)
    }

    fn core(self) -> Self::Core {
        self.map(M::core)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<M: Mirror> Mirror for Box<M> {
    type Core = Box<M::Core>;

    fn of(core: &Self::Core) -> Self {
        Self::new(M::of(core))
    }

    fn core(self) -> Self::Core {
        Box::new((*self).core())
    }
}

impl<M: Mirror> Mirror for Vec<M> {
    type Core = Vec<M::Core>;

    fn of(core: &Self::Core) -> Self {
        core.iter().map(M::of).collect()
    }

    fn core(self) -> Self::Core {
        self.into_iter().map(M::core).collect()
    }
}

impl<A: Mirror, B: Mirror> Mirror for (A, B) {
    type Core = (A::Core, B::Core);

    fn of((a, b): &Self::Core) -> Self {
        (A::of(a), B::of(b))
    }

    fn core(self) -> Self::Core {
        (self.0.core(), self.1.core())
    }
}

/// A map, as a list of pairs: a key of JSON is text, and ours are not.
#[derive(Serialize, Deserialize)]
pub(super) struct Entries<K, V>(Vec<(K, V)>);

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Mirror<Core: Ord>, V: Mirror> Mirror for Entries<K, V> {
    type Core = BTreeMap<K::Core, V::Core>;

    fn of(core: &Self::Core) -> Self {
        Self(core.iter().map(|(key, value)| (K::of(key), V::of(value))).collect())
    }

    fn core(self) -> Self::Core {
        self.0.into_iter().map(Mirror::core).collect()
    }
}

/// A span in nanoseconds; 584 years are the most.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Span(u64);

impl Mirror for Span {
    type Core = Duration;

    fn of(core: &Duration) -> Self {
        Self(u64::try_from(core.as_nanos()).unwrap_or(u64::MAX))
    }

    fn core(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

/// Nanoseconds on the clock that waits run on.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Moment(Span);

impl Mirror for Moment {
    type Core = moment::Moment;

    fn of(moment::Moment(core): &Self::Core) -> Self {
        Self(Span::of(core))
    }

    fn core(self) -> Self::Core {
        moment::Moment(self.0.core())
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Serialize, Deserialize)]
pub(super) struct Timestamp(i64);

impl Mirror for Timestamp {
    type Core = timestamp::Timestamp;

    fn of(core: &Self::Core) -> Self {
        Self(core.nanoseconds())
    }

    fn core(self) -> Self::Core {
        timestamp::Timestamp::from_nanoseconds(self.0)
    }
}
