//! Corrections of `Deserialize`: `null`, numbers, bytes, enums, fields that occur twice.

mod duplicates;

use proc_macro2::TokenStream;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

use self::duplicates::Seen;
use super::{Json, replace};
use crate::Error;
use crate::names::{oneof_path, real_oneof, snake, text, upper_camel};

/// Corrects the code of every field; returns how many were met.
pub(super) fn correct(
    item: &mut syn::ItemImpl,
    message: &MessageDescriptor,
    json: &Json<'_>,
) -> Result<usize, Error> {
    let fields: Vec<_> = message.fields().collect();
    let mut visitor = Arms {
        message,
        json,
        seen: Seen::of(fields.iter()),
        met: 0,
        error: None,
    };
    visitor.visit_item_impl_mut(item);
    match visitor.error {
        Some(error) => Err(error),
        None => Ok(visitor.met),
    }
}

/// Finds the arms `GeneratedField::Name => { …; name__ = VALUE; }`.
struct Arms<'a> {
    message: &'a MessageDescriptor,
    json: &'a Json<'a>,
    seen: Seen<'a>,
    met: usize,
    error: Option<Error>,
}

impl VisitMut for Arms<'_> {
    fn visit_impl_item_fn_mut(&mut self, function: &mut syn::ImplItemFn) {
        if function.sig.ident == "visit_map" {
            self.seen.declare(function);
        }
        visit_mut::visit_impl_item_fn_mut(self, function);
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        if let Some(field) = self.field_of(&arm.pat)
            && let Some(statements) = assigning_block(&mut arm.body)
        {
            self.met += 1;
            if let Err(error) = self.statements(&field, statements) {
                self.error.get_or_insert(error);
            }
            return;
        }
        visit_mut::visit_arm_mut(self, arm);
    }
}

/// The statements of a block that ends with an assignment.
fn assigning_block(body: &mut syn::Expr) -> Option<&mut Vec<syn::Stmt>> {
    let syn::Expr::Block(block) = body else {
        return None;
    };
    assignment(&mut block.block.stmts)?;
    Some(&mut block.block.stmts)
}

fn assignment(statements: &mut [syn::Stmt]) -> Option<&mut syn::ExprAssign> {
    match statements.last_mut()? {
        syn::Stmt::Expr(syn::Expr::Assign(assignment), _) => Some(assignment),
        _ => None,
    }
}

impl Arms<'_> {
    fn field_of(&self, pattern: &syn::Pat) -> Option<FieldDescriptor> {
        let syn::Pat::Path(path) = pattern else {
            return None;
        };
        let mut segments = path.path.segments.iter();
        if segments.next()?.ident != "GeneratedField" {
            return None;
        }
        let variant = segments.next()?.ident.to_string();
        self.message
            .fields()
            .find(|field| text(&upper_camel(field.name())) == variant)
    }

    fn statements(
        &self,
        field: &FieldDescriptor,
        statements: &mut Vec<syn::Stmt>,
    ) -> Result<(), Error> {
        if let Some(assignment) = assignment(statements) {
            self.field(field, &mut assignment.right)?;
        }
        self.seen.correct(field, statements)
    }

    fn field(&self, field: &FieldDescriptor, value: &mut syn::Expr) -> Result<(), Error> {
        if field.is_map() {
            return self.map(field, value);
        }
        let stock = Decoder::stock(field, self.json)?;
        let ours = Decoder::ours(field, self.json)?;
        let (stock_type, our_type) = (&stock.rust_type, &ours.rust_type);
        let (stock_value, our_value) = (&stock.value, &ours.value);
        let (expected, replacement) = if let Some(oneof) = real_oneof(field) {
            let (oneof, variant) = (oneof_path(&oneof), upper_camel(field.name()));
            let wrapped = match &stock_value {
                Some(stock_value) => quote!(|x| #oneof::#variant(#stock_value)),
                None => quote!(#oneof::#variant),
            };
            let expected =
                quote!(map_.next_value::<::std::option::Option<#stock_type>>()?.map(#wrapped));
            let read = ours.optional();
            (expected, quote!(#read.map(#oneof::#variant)))
        } else if field.is_list() {
            let expected = match &stock_value {
                Some(stock_value) => {
                    quote!(Some(map_.next_value::<Vec<#stock_type>>()?.into_iter().map(|x| #stock_value).collect()))
                }
                None => quote!(Some(map_.next_value()?)),
            };
            let collected = match &our_value {
                Some(our_value) if ours.is_enum => {
                    quote!(.into_iter().filter_map(|x| #our_value).collect())
                }
                Some(our_value) => quote!(.into_iter().map(|x| #our_value).collect()),
                None => quote!(),
            };
            let replacement = quote!(Some(map_.next_value::<::std::option::Option<::std::vec::Vec<#our_type>>>()?.unwrap_or_default() #collected));
            (expected, replacement)
        } else if field.supports_presence() {
            let expected = match &stock_value {
                Some(stock_value) => {
                    quote!(map_.next_value::<::std::option::Option<#stock_type>>()?.map(|x| #stock_value))
                }
                None => quote!(map_.next_value()?),
            };
            (expected, ours.optional())
        } else {
            let expected = match (&stock_value, stock.is_enum) {
                (Some(_), true) => quote!(Some(map_.next_value::<#stock_type>()? as i32)),
                (Some(_), false) => quote!(Some(map_.next_value::<#stock_type>()?.0)),
                (None, _) => quote!(Some(map_.next_value()?)),
            };
            let read = ours.optional();
            (expected, quote!(Some(#read.unwrap_or_default())))
        };
        replace(field, value, &expected, replacement)
    }

    fn map(&self, field: &FieldDescriptor, value: &mut syn::Expr) -> Result<(), Error> {
        let Kind::Message(entry) = field.kind() else {
            return Ok(());
        };
        let (key, map_value) = (entry.map_entry_key_field(), entry.map_entry_value_field());
        let runtime = self.json.runtime;
        let stock_key = MapPart::stock(&key, "k", self.json)?;
        let our_key = MapPart::our_key(&key, "k", self.json)?;
        let stock = MapPart::stock(&map_value, "v", self.json)?;
        let ours = MapPart::ours(&map_value, "v", self.json)?;
        let converted = |key: &MapPart, value: &MapPart| {
            let (key, value) = (&key.value, &value.value);
            quote!(.into_iter().map(|(k, v)| (#key, #value)).collect())
        };
        let plain = stock_key.plain && stock.plain;
        let stock_conversion = (!plain).then(|| converted(&stock_key, &stock));
        let (stock_key_type, stock_type) = (&stock_key.rust_type, &stock.rust_type);
        let expected = quote!(Some(map_.next_value::<std::collections::HashMap<#stock_key_type, #stock_type>>()? #stock_conversion));
        let our_conversion = if ours.is_enum {
            let key = &our_key.value;
            quote!(.into_iter().filter_map(|(k, v)| v.number().map(|v| (#key, v))).collect())
        } else if our_key.plain && ours.plain {
            quote!()
        } else {
            converted(&our_key, &ours)
        };
        let (key_type, value_type) = (&our_key.rust_type, &ours.rust_type);
        let replacement = quote!(Some(map_.next_value::<::std::option::Option<#runtime::json::Map<#key_type, #value_type>>>()?.unwrap_or_default().0 #our_conversion));
        replace(field, value, &expected, replacement)
    }
}

/// How one value is read.
struct Decoder {
    /// The type that serde is asked for.
    rust_type: TokenStream,
    /// The field's value from such an `x`; `None` where it is `x` itself.
    value: Option<TokenStream>,
    is_enum: bool,
    /// Whether `null` is one of the values, and not the absence of one.
    null_is_value: bool,
}

impl Decoder {
    fn stock(field: &FieldDescriptor, json: &Json<'_>) -> Result<Self, Error> {
        Ok(match field.kind() {
            Kind::Message(_) | Kind::String | Kind::Bool => Self::plain(),
            Kind::Enum(enumeration) => Self {
                rust_type: json.types.enumeration(&enumeration)?,
                value: Some(quote!(x as i32)),
                is_enum: true,
                null_is_value: false,
            },
            Kind::Bytes => Self::wrapped(quote!(::pbjson::private::BytesDeserialize<_>)),
            _ => Self::wrapped(quote!(::pbjson::private::NumberDeserialize<_>)),
        })
    }

    fn ours(field: &FieldDescriptor, json: &Json<'_>) -> Result<Self, Error> {
        let runtime = json.runtime;
        Ok(match field.kind() {
            Kind::Message(message) => Self {
                null_is_value: message.full_name() == "google.protobuf.Value",
                ..Self::plain()
            },
            Kind::String | Kind::Bool => Self::plain(),
            Kind::Enum(enumeration) => {
                let null_is_value = enumeration.full_name() == "google.protobuf.NullValue";
                let enumeration = json.types.enumeration(&enumeration)?;
                Self {
                    rust_type: json.enum_value(&enumeration),
                    value: Some(quote!(x.number())),
                    is_enum: true,
                    null_is_value,
                }
            }
            Kind::Bytes => Self::wrapped(quote!(#runtime::json::Bytes<_>)),
            _ => Self::wrapped(quote!(#runtime::json::Number<_>)),
        })
    }

    fn plain() -> Self {
        Self {
            rust_type: quote!(_),
            value: None,
            is_enum: false,
            null_is_value: false,
        }
    }

    fn wrapped(rust_type: TokenStream) -> Self {
        Self {
            rust_type,
            value: Some(quote!(x.0)),
            is_enum: false,
            null_is_value: false,
        }
    }

    /// Reads an `Option` of the field's value: `None` for `null`, unless that is a value.
    fn optional(&self) -> TokenStream {
        let rust_type = &self.rust_type;
        let read = if self.null_is_value {
            quote!(Some(map_.next_value::<#rust_type>()?))
        } else {
            quote!(map_.next_value::<::std::option::Option<#rust_type>>()?)
        };
        match &self.value {
            Some(value) if self.is_enum => quote!(#read.and_then(|x| #value)),
            Some(value) => quote!(#read.map(|x| #value)),
            None => read,
        }
    }
}

/// How the keys or the values of a map are read.
struct MapPart {
    /// The type that serde is asked for.
    rust_type: TokenStream,
    /// The key or value from such a `k` or `v`.
    value: TokenStream,
    is_enum: bool,
    /// Whether `value` is `k` or `v` itself.
    plain: bool,
}

impl MapPart {
    fn stock(field: &FieldDescriptor, name: &str, json: &Json<'_>) -> Result<Self, Error> {
        let name = snake(name);
        Ok(match field.kind() {
            Kind::Message(_) | Kind::String | Kind::Bool => Self::plain(&name),
            Kind::Enum(enumeration) => Self {
                rust_type: json.types.enumeration(&enumeration)?,
                value: quote!(#name as i32),
                is_enum: true,
                plain: false,
            },
            Kind::Bytes => Self::wrapped(quote!(::pbjson::private::BytesDeserialize<_>), &name),
            kind => {
                let number = number_type(&kind);
                Self::wrapped(quote!(::pbjson::private::NumberDeserialize<#number>), &name)
            }
        })
    }

    fn ours(field: &FieldDescriptor, name: &str, json: &Json<'_>) -> Result<Self, Error> {
        let name = snake(name);
        let runtime = json.runtime;
        Ok(match field.kind() {
            Kind::Message(_) | Kind::String | Kind::Bool => Self::plain(&name),
            Kind::Enum(enumeration) => {
                let enumeration = json.types.enumeration(&enumeration)?;
                Self {
                    rust_type: json.enum_value(&enumeration),
                    value: quote!(#name),
                    is_enum: true,
                    plain: false,
                }
            }
            Kind::Bytes => Self::wrapped(quote!(#runtime::json::Bytes<_>), &name),
            kind => {
                let number = number_type(&kind);
                Self::wrapped(quote!(#runtime::json::Number<#number>), &name)
            }
        })
    }

    /// A key is a text also where its type is `bool`.
    fn our_key(field: &FieldDescriptor, name: &str, json: &Json<'_>) -> Result<Self, Error> {
        let runtime = json.runtime;
        match field.kind() {
            Kind::Bool => Ok(Self::wrapped(quote!(#runtime::json::BoolKey), &snake(name))),
            _ => Self::ours(field, name, json),
        }
    }

    fn plain(name: &proc_macro2::Ident) -> Self {
        Self {
            rust_type: quote!(_),
            value: quote!(#name),
            is_enum: false,
            plain: true,
        }
    }

    fn wrapped(rust_type: TokenStream, name: &proc_macro2::Ident) -> Self {
        Self {
            rust_type,
            value: quote!(#name.0),
            is_enum: false,
            plain: false,
        }
    }
}

fn number_type(kind: &Kind) -> TokenStream {
    match kind {
        Kind::Double => quote!(f64),
        Kind::Float => quote!(f32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => quote!(i64),
        Kind::Uint64 | Kind::Fixed64 => quote!(u64),
        Kind::Uint32 | Kind::Fixed32 => quote!(u32),
        _ => quote!(i32),
    }
}
