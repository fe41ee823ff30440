//! The messages that hold one scalar, so that it can be absent. Their JSON form is the scalar's.

macro_rules! wrappers {
    ($($(#[$attribute:meta])* $wrapper:ident($rust:ty: $($proto:tt)+);)*) => {$(
        $(#[$attribute])*
        #[derive(Clone, PartialEq, prost::Message)]
        pub struct $wrapper {
            /// The scalar.
            #[prost($($proto)+, tag = "1")]
            pub value: $rust,
        }

        impl From<$rust> for $wrapper {
            fn from(value: $rust) -> Self {
                Self { value }
            }
        }

        impl From<$wrapper> for $rust {
            fn from(wrapper: $wrapper) -> Self {
                wrapper.value
            }
        }
    )*};
}

wrappers! {
    /// A `double` that can be absent.
    #[derive(Copy)]
    DoubleValue(f64: double);
    /// A `float` that can be absent.
    #[derive(Copy)]
    FloatValue(f32: float);
    /// An `int64` that can be absent.
    #[derive(Copy, Eq, Hash)]
    Int64Value(i64: int64);
    /// A `uint64` that can be absent.
    #[derive(Copy, Eq, Hash)]
    UInt64Value(u64: uint64);
    /// An `int32` that can be absent.
    #[derive(Copy, Eq, Hash)]
    Int32Value(i32: int32);
    /// A `uint32` that can be absent.
    #[derive(Copy, Eq, Hash)]
    UInt32Value(u32: uint32);
    /// A `bool` that can be absent.
    #[derive(Copy, Eq, Hash)]
    BoolValue(bool: bool);
    /// A `string` that can be absent.
    #[derive(Eq, Hash)]
    StringValue(String: string);
    /// A `bytes` that can be absent.
    #[derive(Eq, Hash)]
    BytesValue(Vec<u8>: bytes = "vec");
}

#[cfg(feature = "json")]
mod json {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::*;
    use crate::json::{Bytes, Float, Number};

    macro_rules! json {
        ($($wrapper:ident: $read:ty, $unwrap:expr, $write:expr;)*) => {$(
            impl<'de> Deserialize<'de> for $wrapper {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    let unwrap: fn($read) -> _ = $unwrap;
                    <$read>::deserialize(deserializer).map(|read| Self { value: unwrap(read) })
                }
            }

            impl Serialize for $wrapper {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    let write: fn(&Self) -> _ = $write;
                    write(self).serialize(serializer)
                }
            }
        )*};
    }

    json! {
        DoubleValue: Number<f64>, |read| read.0, |wrapper| Float(wrapper.value);
        FloatValue: Number<f32>, |read| read.0, |wrapper| Float(wrapper.value);
        Int64Value: Number<i64>, |read| read.0, |wrapper| wrapper.value.to_string();
        UInt64Value: Number<u64>, |read| read.0, |wrapper| wrapper.value.to_string();
        Int32Value: Number<i32>, |read| read.0, |wrapper| wrapper.value;
        UInt32Value: Number<u32>, |read| read.0, |wrapper| wrapper.value;
        BoolValue: bool, |read| read, |wrapper| wrapper.value;
        StringValue: String, |read| read, |wrapper| wrapper.value.clone();
        BytesValue: Bytes<Vec<u8>>, |read| read.0, |wrapper| STANDARD.encode(&wrapper.value);
    }

    #[cfg(test)]
    mod tests {
        use serde::de::DeserializeOwned;

        use super::*;

        fn both_ways<W>(wrapper: impl Into<W>, json: &str)
        where
            W: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
        {
            let wrapper = wrapper.into();
            assert_eq!(serde_json::to_string(&wrapper).unwrap(), json);
            assert_eq!(serde_json::from_str::<W>(json).unwrap(), wrapper);
        }

        #[test]
        fn they_are_written_as_what_they_hold() {
            both_ways::<DoubleValue>(f64::INFINITY, r#""Infinity""#);
            both_ways::<FloatValue>(0.1, "0.1");
            both_ways::<Int64Value>(i64::MIN, r#""-9223372036854775808""#);
            both_ways::<UInt64Value>(u64::MAX, r#""18446744073709551615""#);
            both_ways::<Int32Value>(-1, "-1");
            both_ways::<UInt32Value>(1_u32, "1");
            both_ways::<BoolValue>(true, "true");
            both_ways::<StringValue>("text".to_owned(), r#""text""#);
            both_ways::<BytesValue>(vec![0xfb, 0xff], r#""+/8=""#);
        }

        #[test]
        fn they_are_read_as_leniently_as_what_they_hold() {
            let read = |json| serde_json::from_str::<Int32Value>(json).ok();
            assert_eq!(read("1e5"), Some(100_000.into()));
            assert_eq!(read("0.5"), None);
            assert_eq!(read("null"), None);
        }
    }
}
