//! `google.protobuf.FieldMask`, whose JSON form is one text.

/// A set of fields, by their paths.
///
/// In JSON the paths are in lowerCamelCase and separated by commas. A path that is not the snake_case of such a text
/// (`fooBar`, `foo_3`, `foo__bar`) has no JSON form.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct FieldMask {
    /// Paths of names as written in the .proto file, such as `user.display_name`.
    #[prost(string, repeated, tag = "1")]
    pub paths: Vec<String>,
}

#[cfg(feature = "json")]
mod json {
    use std::fmt;

    use serde::de::{Error, Visitor};
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::FieldMask;

    impl Serialize for FieldMask {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let paths: Option<Vec<_>> = self.paths.iter().map(|path| camel_case(path)).collect();
            let paths = paths.ok_or_else(|| {
                S::Error::custom("a path of google.protobuf.FieldMask has no JSON form")
            })?;
            serializer.serialize_str(&paths.join(","))
        }
    }

    impl<'de> Deserialize<'de> for FieldMask {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Paths;

            impl Visitor<'_> for Paths {
                type Value = FieldMask;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("paths in lowerCamelCase, separated by commas")
                }

                fn visit_str<E: Error>(self, text: &str) -> Result<FieldMask, E> {
                    let paths = match text {
                        "" => Some(Vec::new()),
                        _ => text.split(',').map(snake_case).collect(),
                    };
                    paths
                        .map(|paths| FieldMask { paths })
                        .ok_or_else(|| E::custom("not paths in lowerCamelCase"))
                }
            }

            deserializer.deserialize_str(Paths)
        }
    }

    /// `None` where the way back would not lead to `path`.
    fn camel_case(path: &str) -> Option<String> {
        let mut camel = String::with_capacity(path.len());
        let mut letters = path.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '_' => match letters.next() {
                    Some(next) if next.is_ascii_lowercase() => {
                        camel.push(next.to_ascii_uppercase());
                    }
                    _ => return None,
                },
                _ if letter.is_ascii_uppercase() => return None,
                _ => camel.push(letter),
            }
        }
        Some(camel)
    }

    /// `None` where `path` has an underscore.
    fn snake_case(path: &str) -> Option<String> {
        let mut snake = String::with_capacity(path.len());
        for letter in path.chars() {
            match letter {
                '_' => return None,
                _ if letter.is_ascii_uppercase() => {
                    snake.push('_');
                    snake.push(letter.to_ascii_lowercase());
                }
                _ => snake.push(letter),
            }
        }
        Some(snake)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn mask(paths: &[&str]) -> FieldMask {
            FieldMask {
                paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            }
        }

        #[test]
        fn paths_change_their_case_both_ways() {
            for (mask, json) in [
                (mask(&[]), r#""""#),
                (mask(&["foo"]), r#""foo""#),
                (mask(&["foo_bar.baz_qux", "a1"]), r#""fooBar.bazQux,a1""#),
            ] {
                assert_eq!(serde_json::to_string(&mask).unwrap(), json);
                assert_eq!(serde_json::from_str::<FieldMask>(json).unwrap(), mask);
            }
        }

        #[test]
        fn paths_that_would_not_come_back_are_refused() {
            for path in ["fooBar", "foo_3_bar", "foo__bar", "foo_"] {
                assert!(serde_json::to_string(&mask(&[path])).is_err(), "{path}");
            }
            for json in [r#""foo,bar_bar""#, "1", "null"] {
                assert!(serde_json::from_str::<FieldMask>(json).is_err(), "{json}");
            }
        }
    }
}
