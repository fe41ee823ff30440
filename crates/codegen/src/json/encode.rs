//! Corrections of `Serialize`: enum numbers without a name, floats, repeated fields that are always written.

use proc_macro2::TokenStream;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use quote::quote;
use syn::visit_mut::{self, VisitMut};

use super::{Json, replace, unexpected};
use crate::Error;
use crate::names::{real_oneof, snake, text};

/// Corrects the code of every field; returns how many were met.
pub(super) fn correct(
    item: &mut syn::ItemImpl,
    message: &MessageDescriptor,
    json: &Json<'_>,
) -> Result<usize, Error> {
    let mut visitor = Blocks {
        message,
        json,
        met: 0,
        error: None,
    };
    visitor.visit_item_impl_mut(item);
    if let Some(error) = visitor.error {
        return Err(error);
    }
    if (json.always_written)(message.full_name()) {
        for field in message.fields().filter(FieldDescriptor::is_list) {
            write_always(item, &field)?;
        }
    }
    Ok(visitor.met)
}

/// Finds `struct_ser.serialize_field("name", VALUE)?` and a `let v = …;` before it.
struct Blocks<'a> {
    message: &'a MessageDescriptor,
    json: &'a Json<'a>,
    met: usize,
    error: Option<Error>,
}

impl VisitMut for Blocks<'_> {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        for index in 0..block.stmts.len() {
            let (before, from) = block.stmts.split_at_mut(index);
            let Some((name, value)) = serialize_field(&mut from[0]) else {
                continue;
            };
            let Some(field) = self
                .message
                .fields()
                .find(|field| field.json_name() == name)
            else {
                continue;
            };
            self.met += 1;
            let prepared = before.last_mut().and_then(local_value);
            if let Err(error) = self.field(&field, prepared, value) {
                self.error.get_or_insert(error);
            }
        }
        visit_mut::visit_block_mut(self, block);
    }
}

fn serialize_field(statement: &mut syn::Stmt) -> Option<(String, &mut syn::Expr)> {
    let syn::Stmt::Expr(syn::Expr::Try(attempt), _) = statement else {
        return None;
    };
    let syn::Expr::MethodCall(call) = &mut *attempt.expr else {
        return None;
    };
    if call.method != "serialize_field" || call.args.len() != 2 {
        return None;
    }
    let name = match &call.args[0] {
        syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(name),
            ..
        }) => name.value(),
        _ => return None,
    };
    Some((name, &mut call.args[1]))
}

fn local_value(statement: &mut syn::Stmt) -> Option<&mut syn::Expr> {
    match statement {
        syn::Stmt::Local(local) => Some(&mut local.init.as_mut()?.expr),
        _ => None,
    }
}

impl Blocks<'_> {
    fn field(
        &self,
        field: &FieldDescriptor,
        prepared: Option<&mut syn::Expr>,
        value: &mut syn::Expr,
    ) -> Result<(), Error> {
        let runtime = self.json.runtime;
        let ident = snake(field.name());
        let in_option =
            real_oneof(field).is_some() || (field.supports_presence() && !field.is_list());
        if field.is_map() {
            return self.map(field, prepared, value);
        }
        match field.kind() {
            Kind::Enum(enumeration) => {
                let enumeration = self.json.types.enumeration(&enumeration)?;
                let number = if in_option {
                    quote!(*v)
                } else {
                    quote!(self.#ident)
                };
                let (expected, replacement) = if field.is_list() {
                    let one = stock_enum_name(&enumeration, &quote!(v));
                    (
                        quote!(self.#ident.iter().cloned().map(|v| { #one }).collect::<std::result::Result<Vec<_>, _>>()?),
                        quote!(#runtime::json::EnumNumbers::<#enumeration>::new(&self.#ident)),
                    )
                } else {
                    let one = stock_enum_name(&enumeration, &number);
                    (
                        quote!(#one?),
                        quote!(#runtime::json::EnumNumber::<#enumeration>::new(#number)),
                    )
                };
                replace(
                    field,
                    required(field, prepared, &expected)?,
                    &expected,
                    replacement,
                )
            }
            Kind::Float | Kind::Double => {
                let (expected, replacement) = match (field.is_list(), in_option) {
                    (true, _) => (
                        quote!(&self.#ident),
                        quote!(&#runtime::json::Floats(&self.#ident)),
                    ),
                    (false, true) => (quote!(v), quote!(&#runtime::json::Float(*v))),
                    (false, false) => (
                        quote!(&self.#ident),
                        quote!(&#runtime::json::Float(self.#ident)),
                    ),
                };
                replace(field, value, &expected, replacement)
            }
            _ => Ok(()),
        }
    }

    fn map(
        &self,
        field: &FieldDescriptor,
        prepared: Option<&mut syn::Expr>,
        value: &mut syn::Expr,
    ) -> Result<(), Error> {
        let runtime = self.json.runtime;
        let ident = snake(field.name());
        let Kind::Message(entry) = field.kind() else {
            return Ok(());
        };
        match entry.map_entry_value_field().kind() {
            Kind::Enum(enumeration) => {
                let enumeration = self.json.types.enumeration(&enumeration)?;
                let one = stock_enum_name(&enumeration, &quote!(*v));
                let expected = quote!(self.#ident.iter().map(|(k, v)| { let v = #one?; Ok((k, v)) }).collect::<std::result::Result<_, _>>()?);
                let replacement = quote!(self.#ident.iter().map(|(k, v)| (k, #runtime::json::EnumNumber::<#enumeration>::new(*v))).collect());
                replace(
                    field,
                    required(field, prepared, &expected)?,
                    &expected,
                    replacement,
                )
            }
            Kind::Float | Kind::Double => {
                let expected = quote!(&self.#ident);
                let replacement = quote!(&self.#ident.iter().map(|(k, v)| (k, #runtime::json::Float(*v))).collect::<::std::collections::HashMap<_, _>>());
                replace(field, value, &expected, replacement)
            }
            _ => Ok(()),
        }
    }
}

fn required<'a>(
    field: &FieldDescriptor,
    prepared: Option<&'a mut syn::Expr>,
    expected: &TokenStream,
) -> Result<&'a mut syn::Expr, Error> {
    prepared.ok_or_else(|| unexpected(field, expected, "no `let` before the field is written"))
}

fn stock_enum_name(enumeration: &TokenStream, number: &TokenStream) -> TokenStream {
    quote!(#enumeration::try_from(#number).map_err(|_| serde::ser::Error::custom(format!("Invalid variant {}", #number))))
}

/// Takes away the two conditions on a repeated field: the one that counts it and the one that writes it.
fn write_always(item: &mut syn::ItemImpl, field: &FieldDescriptor) -> Result<(), Error> {
    let ident = snake(field.name());
    let condition = quote!(!self.#ident.is_empty());
    let mut visitor = Unconditional {
        condition: condition.to_string(),
        met: 0,
    };
    visitor.visit_item_impl_mut(item);
    if visitor.met != 2 {
        return Err(unexpected(
            field,
            &condition,
            &format!("{} of it instead of 2", visitor.met),
        ));
    }
    Ok(())
}

struct Unconditional {
    condition: String,
    met: usize,
}

impl VisitMut for Unconditional {
    fn visit_expr_mut(&mut self, expression: &mut syn::Expr) {
        if let syn::Expr::If(branch) = expression
            && text(&branch.cond) == self.condition
        {
            let block = branch.then_branch.clone();
            *expression = syn::Expr::Block(syn::ExprBlock {
                attrs: Vec::new(),
                label: None,
                block,
            });
            self.met += 1;
            return;
        }
        visit_mut::visit_expr_mut(self, expression);
    }
}
