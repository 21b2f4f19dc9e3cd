//! The values that are not the core's own.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;

use super::read::{items, parsed};
use super::{Key, Stored, Unreadable, Writer};

/// Types that JSON has.
macro_rules! plain {
    ($($type:ty),*) => {$(
        impl Stored for $type {
            fn write(&self, out: &mut Writer) {
                out.plain(self);
            }

            fn read(json: &RawValue) -> Result<Self, Unreadable> {
                parsed(json)
            }
        }
    )*};
}

plain!(bool, u16, u32, u64, i64, String, BTreeMap<String, String>);

impl<T: Stored> Stored for Option<T> {
    fn write(&self, out: &mut Writer) {
        match self {
            Some(value) => value.write(out),
            None => out.plain(&()),
        }
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        if json.get() == "null" { Ok(None) } else { T::read(json).map(Some) }
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, out: &mut Writer) {
        (**self).write(out);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        T::read(json).map(Self::new)
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, out: &mut Writer) {
        out.list(self, |out, item| item.write(out));
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        let items = items(json)?;
        // Not `collect`: where an item may fail it does not know how many there are, and takes
        // room for up to twice as many.
        let mut read = Self::with_capacity(items.len());
        for item in items {
            read.push(T::read(item)?);
        }
        Ok(read)
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, out: &mut Writer) {
        out.pair(&self.0, &self.1);
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        match items(json)?[..] {
            [a, b] => Ok((A::read(a)?, B::read(b)?)),
            _ => Err(Unreadable::new("expected a pair")),
        }
    }
}

impl<K: Key, V: Stored> Stored for BTreeMap<K, V> {
    fn write(&self, out: &mut Writer) {
        out.list(self, |out, (key, value)| out.pair(key, value));
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        Vec::read(json).map(Self::from_iter)
    }
}

/// A span in nanoseconds; 584 years are the most.
impl Stored for Duration {
    fn write(&self, out: &mut Writer) {
        out.plain(&u64::try_from(self.as_nanos()).unwrap_or(u64::MAX));
    }

    fn read(json: &RawValue) -> Result<Self, Unreadable> {
        parsed(json).map(Self::from_nanos)
    }
}
