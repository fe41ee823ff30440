//! `google.protobuf.Empty`.

/// A message without fields; an empty object in JSON.
#[derive(Clone, Copy, PartialEq, Eq, Hash, prost::Message)]
pub struct Empty {}

#[cfg(feature = "json")]
mod json {
    use std::fmt;

    use serde::de::{IgnoredAny, MapAccess, Visitor};
    use serde::ser::SerializeMap as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Empty;

    impl Serialize for Empty {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_map(Some(0))?.end()
        }
    }

    impl<'de> Deserialize<'de> for Empty {
        /// Ignores unknown fields, as all messages do.
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Object;

            impl<'de> Visitor<'de> for Object {
                type Value = Empty;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Empty, A::Error> {
                    while access.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                    Ok(Empty {})
                }
            }

            deserializer.deserialize_map(Object)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn it_is_an_object_and_ignores_what_is_inside() {
            assert_eq!(serde_json::to_string(&Empty {}).unwrap(), "{}");
            for json in ["{}", r#"{"unknown": [1]}"#] {
                assert!(serde_json::from_str::<Empty>(json).is_ok(), "{json}");
            }
            assert!(serde_json::from_str::<Empty>("null").is_err());
        }
    }
}
