//! The proto3 JSON mapping: what pbjson-build writes, corrected where it differs from the specification.
//!
//! pbjson-build's text is parsed, and every place that handles a field is looked up in the descriptors. Where the
//! specification wants something else, the code there is compared with what pbjson-build is known to write and
//! replaced; code that looks different fails the build, so that a new version of pbjson-build can't go unnoticed.

mod decode;
mod encode;

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};
use prost_reflect::{FieldDescriptor, MessageDescriptor};
use quote::{ToTokens as _, quote};
use syn::visit_mut::VisitMut;

use crate::names::{Types, message_path, snake, text};
use crate::{Descriptors, Error};

pub(crate) struct Json<'a> {
    pub(crate) messages: &'a [MessageDescriptor],
    pub(crate) types: &'a Types<'a>,
    pub(crate) runtime: &'a syn::Path,
    /// Whether the repeated fields of a message, given its full name, are written when they are empty.
    pub(crate) always_written: &'a dyn Fn(&str) -> bool,
    /// Whether unknown fields and unknown names of enum values are refused.
    pub(crate) refuse_unknown: bool,
}

impl Json<'_> {
    /// `Serialize` and `Deserialize` for the messages and enums of the package.
    pub(crate) fn generate(&self, descriptors: &Descriptors) -> Result<TokenStream, Error> {
        self.correct(&self.pbjson_text(descriptors)?)
    }

    fn pbjson_text(&self, descriptors: &Descriptors) -> Result<String, Error> {
        let package = self.types.package;
        let mut builder = pbjson_build::Builder::new();
        if !self.refuse_unknown {
            builder.ignore_unknown_fields();
        }
        for (proto, rust) in self.types.extern_paths {
            builder.extern_path(proto, rust);
        }
        let io = |error| Error::io("pbjson-build".as_ref(), error);
        builder
            .register_descriptors(descriptors.encoded())
            .map_err(io)?;
        let packages = builder
            .generate(&[format!(".{package}")], |_| Ok(Vec::new()))
            .map_err(io)?;
        let mut code = Vec::new();
        for (written, text) in packages {
            // The prefix also matches deeper packages.
            if written.to_string() == package {
                code.extend_from_slice(&text);
            }
        }
        String::from_utf8(code).map_err(|error| io(std::io::Error::other(error)))
    }

    fn correct(&self, code: &str) -> Result<TokenStream, Error> {
        let mut file = self.parse(code)?;
        Keywords.visit_file_mut(&mut file);
        let mut corrected = HashMap::new();
        for item in &mut file.items {
            let syn::Item::Impl(item) = item else {
                continue;
            };
            let Some((_, trait_path, _)) = &item.trait_ else {
                continue;
            };
            let Some(message) = self.message_of(&item.self_ty) else {
                continue;
            };
            let counter = corrected
                .entry(message.full_name().to_owned())
                .or_insert((0, 0));
            match trait_path
                .segments
                .last()
                .map(|segment| segment.ident.to_string())
                .as_deref()
            {
                Some("Serialize") => counter.0 += encode::correct(item, message, self)?,
                Some("Deserialize") => counter.1 += decode::correct(item, message, self)?,
                _ => {}
            }
        }
        self.require_every_field(&corrected)?;
        let file = file.into_token_stream();
        let runtime = self.runtime;
        let registration = self.registration();
        // `use` brings the names that pbjson-build takes for granted; not every package needs both.
        let pbjson = text(&file)
            .contains("pbjson ::")
            .then(|| quote!(use #runtime::__private::pbjson;));
        Ok(quote! {
            use #runtime::__private::serde;
            #pbjson
            #file
            #registration
        })
    }

    /// The type that reads a value of an enum.
    fn enum_value(&self, enumeration: &TokenStream) -> TokenStream {
        let runtime = self.runtime;
        let refuse_unknown = self.refuse_unknown.then(|| quote!(, true));
        quote!(#runtime::json::EnumValue<#enumeration #refuse_unknown>)
    }

    /// The function that makes all messages of the package known to the JSON form of `google.protobuf.Any`.
    fn registration(&self) -> TokenStream {
        let runtime = self.runtime;
        let comment = format!(
            "Lets the JSON form of `google.protobuf.Any` hold the messages of `{}`.",
            self.types.package
        );
        let messages = self.messages.iter().map(message_path);
        quote! {
            #[doc = #comment]
            #[allow(dead_code, unreachable_pub, reason = "not every crate needs it")]
            pub fn register_json_types() {
                #(#runtime::json::register::<#messages>();)*
            }
        }
    }

    fn parse(&self, code: &str) -> Result<syn::File, Error> {
        syn::parse_file(code).map_err(|source| Error::Syntax {
            place: format!("the JSON code for {}", self.types.package),
            source,
        })
    }

    fn message_of(&self, rust_type: &syn::Type) -> Option<&MessageDescriptor> {
        let rust_type = text(rust_type);
        self.messages
            .iter()
            .find(|message| text(&message_path(message)) == rust_type)
    }

    /// Every field of every message has to be met in both directions, or the corrections would silently do nothing.
    fn require_every_field(&self, met: &HashMap<String, (usize, usize)>) -> Result<(), Error> {
        for message in self.messages {
            let fields = message.fields().len();
            let counts = met.get(message.full_name()).copied().unwrap_or_default();
            if counts != (fields, fields) {
                return Err(Error::UnexpectedJsonCode {
                    place: message.full_name().to_owned(),
                    expected: format!("code for {fields} fields in both directions"),
                    found: format!("code to write {} and to read {}", counts.0, counts.1),
                });
            }
        }
        Ok(())
    }
}

/// Escapes the word that is reserved since edition 2024, which pbjson-build does not do.
struct Keywords;

impl VisitMut for Keywords {
    fn visit_ident_mut(&mut self, ident: &mut Ident) {
        if ident == "gen" {
            *ident = snake("gen");
        }
    }
}

/// Replaces `actual` after comparing it with what pbjson-build is known to write.
fn replace(
    field: &FieldDescriptor,
    actual: &mut syn::Expr,
    expected: &TokenStream,
    replacement: TokenStream,
) -> Result<(), Error> {
    let found = text(actual);
    if !same_code(&found, &expected.to_string()) {
        return Err(unexpected(field, expected, &found));
    }
    *actual = syn::Expr::Verbatim(replacement);
    Ok(())
}

/// Compares token texts; the spaces between tokens depend on whether these were parsed or quoted.
fn same_code(one: &str, other: &str) -> bool {
    let tokens = |code: &str| code.replace(' ', "");
    tokens(one) == tokens(other)
}

fn unexpected(field: &FieldDescriptor, expected: &TokenStream, found: &str) -> Error {
    Error::UnexpectedJsonCode {
        place: field.full_name().to_owned(),
        expected: expected.to_string(),
        found: found.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets the code that pbjson-build writes be altered before it is corrected.
    fn corrected(alter: impl Fn(&str) -> String) -> Result<String, Error> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proto");
        let descriptors = Descriptors::compile([folder], ["shapes.proto"])?;
        let messages: Vec<_> = descriptors
            .pool()
            .all_messages()
            .filter(|message| !message.is_map_entry())
            .collect();
        let types = Types {
            package: "shapes",
            extern_paths: &[],
        };
        let json = Json {
            messages: &messages,
            types: &types,
            runtime: &syn::parse_quote!(::runtime),
            always_written: &|_| true,
            refuse_unknown: false,
        };
        let code = alter(&json.pbjson_text(&descriptors)?);
        json.correct(&code).map(|code| text(&code))
    }

    /// The numbers of the lines of pbjson-build's code with a certain text.
    fn lines_with(wanted: &str) -> Vec<usize> {
        let mut numbers = Vec::new();
        let collected = std::cell::RefCell::new(&mut numbers);
        corrected(|code| {
            let lines = code.lines().enumerate();
            let matching = lines.filter(|(_, line)| line.contains(wanted));
            collected
                .borrow_mut()
                .extend(matching.map(|(number, _)| number));
            code.to_owned()
        })
        .unwrap();
        numbers
    }

    fn with_line(number: usize, alter: impl Fn(&str) -> String) -> Result<String, Error> {
        corrected(|code| {
            let lines = code.lines().enumerate();
            let lines = lines.map(|(at, line)| match at == number {
                true => alter(line),
                false => line.to_owned(),
            });
            lines.collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn every_way_to_read_a_value_is_replaced() {
        let code = corrected(str::to_owned).unwrap();
        for stock in [
            "NumberDeserialize",
            "BytesDeserialize",
            "Invalid variant",
            "next_value () ?",
        ] {
            assert!(!code.contains(stock), "{stock}");
        }
    }

    #[test]
    fn altered_code_to_read_a_field_fails_the_build() {
        let lines = lines_with("map_.next_value");
        let mut altered = 0;
        for number in lines {
            let result = with_line(number, |line| match line.contains("IgnoredAny") {
                true => line.to_owned(),
                false => line.replace("map_.next_value", "map_.next_other_value"),
            });
            match result {
                Err(Error::UnexpectedJsonCode { .. }) => altered += 1,
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(altered, 21);
    }

    #[test]
    fn altered_code_to_write_an_enum_or_a_float_fails_the_build() {
        let mut altered = 0;
        for wanted in [
            "::try_from(",
            "&self.real",
            "maybe_real.as_ref",
            "ChosenReal(v)",
        ] {
            for number in lines_with(wanted) {
                let result = with_line(number, |line| line.replace("try_from", "try_into"));
                altered += usize::from(result.is_err());
            }
        }
        assert_eq!(altered, 5);
        for wanted in [
            r#"field("real", "#,
            r#"field("maybeReal", "#,
            r#"field("reals", "#,
        ] {
            let lines = lines_with(wanted);
            assert_eq!(lines.len(), 1, "{wanted}");
            let result = with_line(lines[0], |line| line.replace(")?;", ".clone())?;"));
            assert!(matches!(result, Err(Error::UnexpectedJsonCode { .. })));
        }
    }

    #[test]
    fn an_altered_check_for_a_second_value_fails_the_build() {
        for (wanted, count) in [("choice__", 4), ("maybe", 4), ("message__", 1)] {
            let lines = lines_with(&format!("if {wanted}"));
            assert_eq!(lines.len(), count, "{wanted}");
            for number in lines {
                let result = with_line(number, |line| line.replace("is_some", "is_none"));
                assert!(matches!(result, Err(Error::UnexpectedJsonCode { .. })));
            }
        }
    }

    #[test]
    fn unknown_names_are_refused_only_when_asked_for() {
        let reader = |refuse_unknown| {
            let types = Types {
                package: "shapes",
                extern_paths: &[],
            };
            let json = Json {
                messages: &[],
                types: &types,
                runtime: &syn::parse_quote!(::runtime),
                always_written: &|_| false,
                refuse_unknown,
            };
            text(&json.enum_value(&quote!(Colour))).replace(' ', "")
        };
        assert_eq!(reader(false), "::runtime::json::EnumValue<Colour>");
        assert_eq!(reader(true), "::runtime::json::EnumValue<Colour,true>");
    }

    #[test]
    fn a_field_that_is_not_met_fails_the_build() {
        for wanted in [r#"field("text", "#, "GeneratedField::Texts => {"] {
            let lines = lines_with(wanted);
            assert_eq!(lines.len(), 1, "{wanted}");
            let result = with_line(lines[0], |line| {
                line.replace("field(\"text\"", "field(\"other\"")
                    .replace("::Texts", "::Other")
            });
            let Err(Error::UnexpectedJsonCode { place, .. }) = result else {
                panic!("{wanted} is not missed");
            };
            assert_eq!(place, "shapes.Shapes");
        }
    }

    #[test]
    fn lists_that_are_not_written_conditionally_fail_the_build() {
        let lines = lines_with("if !self.texts.is_empty()");
        assert_eq!(lines.len(), 2);
        for number in lines {
            let result = with_line(number, |line| line.replace("!self", "!&self"));
            assert!(matches!(result, Err(Error::UnexpectedJsonCode { .. })));
        }
    }
}
