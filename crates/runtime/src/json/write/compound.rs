//! Arrays and objects.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::serializer::Writer;
use super::{WriteError, key, text};

/// An array or object that is not complete.
pub(super) struct Compound<'a> {
    text: &'a mut Vec<u8>,
    /// What stands before the next item: what opens it, or a comma.
    separator: u8,
    close: u8,
    /// Whether it is the value of an enum's variant, in an object of its own.
    is_variant: bool,
}

impl<'a> Compound<'a> {
    #[inline]
    pub(super) fn array(text: &'a mut Vec<u8>) -> Self {
        Self::new(text, b'[', b']')
    }

    #[inline]
    pub(super) fn object(text: &'a mut Vec<u8>) -> Self {
        Self::new(text, b'{', b'}')
    }

    #[inline]
    fn new(text: &'a mut Vec<u8>, open: u8, close: u8) -> Self {
        Self {
            text,
            separator: open,
            close,
            is_variant: false,
        }
    }

    pub(super) fn of_variant(self) -> Self {
        Self {
            is_variant: true,
            ..self
        }
    }

    #[inline]
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        self.text.push(self.separator);
        self.separator = b',';
        value.serialize(Writer(self.text))
    }

    #[inline]
    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        self.text.push(self.separator);
        self.separator = b',';
        text::string(self.text, name);
        self.text.push(b':');
        value.serialize(Writer(self.text))
    }

    #[inline]
    fn close(self) -> Result<(), WriteError> {
        if self.separator != b',' {
            self.text.push(self.separator);
        }
        self.text.push(self.close);
        if self.is_variant {
            self.text.push(b'}');
        }
        Ok(())
    }
}

macro_rules! arrays {
    ($($part:ident::$method:ident),*) => {$(
        impl $part for Compound<'_> {
            type Ok = ();
            type Error = WriteError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
                self.item(value)
            }

            #[inline]
            fn end(self) -> Result<(), WriteError> {
                self.close()
            }
        }
    )*};
}

arrays! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($part:ident),*) => {$(
        impl $part for Compound<'_> {
            type Ok = ();
            type Error = WriteError;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), WriteError> {
                self.field(name, value)
            }

            #[inline]
            fn end(self) -> Result<(), WriteError> {
                self.close()
            }
        }
    )*};
}

structs! { SerializeStruct, SerializeStructVariant }

impl SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, name: &T) -> Result<(), WriteError> {
        key::key(self.text, self.separator, name)?;
        self.separator = b',';
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(Writer(self.text))
    }

    fn end(self) -> Result<(), WriteError> {
        self.close()
    }
}
