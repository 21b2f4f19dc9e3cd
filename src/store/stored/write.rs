//! Writing: into one buffer, from the values themselves.

use serde::Serialize;

use super::{Stored, snake_case};

/// JSON, as it grows.
#[derive(Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

/// What is written.
pub(in crate::store) fn to_bytes(write: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut out = Writer::default();
    write(&mut out);
    out.bytes
}

impl Writer {
    /// Writes the fields of an object, without those that are absent.
    pub(in crate::store) fn object(&mut self, fields: &[(&str, &dyn Stored)]) {
        let present = fields.iter().filter(|(_, value)| !value.is_absent());
        self.sequence(*b"{}", present, |out, (name, value)| {
            out.key(name.bytes());
            value.write(out);
        });
    }

    /// Writes a variant that holds nothing.
    pub(in crate::store) fn unit(&mut self, variant: &str) {
        self.bytes.push(b'"');
        self.bytes.extend(snake_case(variant));
        self.bytes.push(b'"');
    }

    /// Writes a variant and what it holds.
    pub(in crate::store) fn variant(&mut self, variant: &str, content: impl FnOnce(&mut Self)) {
        self.bytes.push(b'{');
        self.key(snake_case(variant));
        content(self);
        self.bytes.push(b'}');
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.sequence(*b"[]", items, write);
    }

    pub(super) fn pair(&mut self, one: &dyn Stored, other: &dyn Stored) {
        self.list([one, other], |out, value| value.write(out));
    }

    fn sequence<T>(
        &mut self,
        [open, close]: [u8; 2],
        items: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Self, T),
    ) {
        self.bytes.push(open);
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.bytes.push(b',');
            }
            write(self, item);
        }
        self.bytes.push(close);
    }

    /// Names of fields and variants need no escapes.
    fn key(&mut self, name: impl Iterator<Item = u8>) {
        self.bytes.push(b'"');
        self.bytes.extend(name);
        self.bytes.extend(b"\":");
    }

    pub(in crate::store) fn plain(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.bytes, value).expect("a Vec takes all bytes");
    }
}
