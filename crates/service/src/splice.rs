//! Replies that are put together from what is stored, without decoding it.
//!
//! In binary, the bytes of a message inside another are those of the message alone, behind the field's number and their
//! length. In JSON, its text is that of the message alone, behind the field's name.

use std::borrow::Cow;

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use runner_configuration::json;
use runner_configuration_server::Reply;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{Encoded, Form, Page, StoreError, decode_any};

/// The field of a response that has the stored messages.
#[derive(Clone, Copy)]
pub(crate) struct Field {
    number: u32,
    /// Its name in JSON.
    name: &'static str,
}

impl Field {
    pub(crate) const fn new(number: u32, name: &'static str) -> Self {
        Self { number, name }
    }
}

/// A response whose field is the message, and which has no other.
pub(crate) fn object<Res, M>(field: Field, message: &Encoded<M>) -> Reply<Res> {
    let bytes = message.as_bytes();
    match Form::of(bytes) {
        Form::Protobuf => {
            let mut response = Vec::with_capacity(field_len(field.number, bytes));
            append(&mut response, field.number, bytes);
            Reply::encoded(response)
        }
        Form::Json => {
            let mut response = Vec::with_capacity(field.name.len() + bytes.len() + 5);
            response.push(b'{');
            append_name(&mut response, field.name);
            response.extend_from_slice(bytes);
            response.push(b'}');
            Reply::json(response)
        }
    }
}

/// A response whose repeated field has the messages of a page, behind what `head` has. Fields of higher numbers, which an
/// encoder would write behind it, are empty.
///
/// The response is in JSON if all messages of the page are.
///
/// # Errors
///
/// Some of the messages are in JSON, and one of those is not what its text should be.
pub(crate) fn list<Res, M>(
    head: &Res,
    field: Field,
    page: &Page<M>,
) -> Result<Reply<Res>, StoreError>
where
    Res: Message + Serialize,
    M: Message + Default + DeserializeOwned,
{
    if page.form() == Some(Form::Json)
        && let Ok(head) = json::to_vec(head)
        && let Ok(text) = page.reply(head, |head| list_text(head, field.name, page).ok_or(()))
    {
        return Ok(Reply::json(text));
    }
    let bytes = page.reply(head.encode_to_vec(), |head| {
        let messages = page.encoded().map(|message| binary::<M>(message));
        let messages: Vec<Cow<'_, [u8]>> = messages.collect::<Result<_, _>>()?;
        Ok(list_bytes(head, field.number, &messages))
    })?;
    Ok(Reply::encoded(bytes))
}

fn list_bytes(head: &[u8], number: u32, messages: &[Cow<'_, [u8]>]) -> Vec<u8> {
    let length: usize = messages
        .iter()
        .map(|message| field_len(number, message))
        .sum();
    let mut response = Vec::with_capacity(head.len() + length);
    response.extend_from_slice(head);
    for message in messages {
        append(&mut response, number, message);
    }
    response
}

/// The text of a response with at least one message. `head` has the list already, which is empty; what stands before it,
/// a token for the next page, has no quotation marks.
fn list_text<M>(head: &[u8], name: &str, page: &Page<M>) -> Option<Vec<u8>> {
    let mut empty = Vec::with_capacity(name.len() + 5);
    append_name(&mut empty, name);
    empty.extend_from_slice(b"[]");
    let at = head.windows(empty.len()).position(|part| part == empty)?;
    let (before, behind) = head.split_at(at + empty.len() - 1);

    let texts: usize = page.encoded().map(|text| text.len() + 1).sum();
    let mut response = Vec::with_capacity(head.len() + texts);
    response.extend_from_slice(before);
    for (number, text) in page.encoded().enumerate() {
        if number > 0 {
            response.push(b',');
        }
        response.extend_from_slice(text);
    }
    response.extend_from_slice(behind);
    Some(response)
}

fn append_name(response: &mut Vec<u8>, name: &str) {
    response.push(b'"');
    response.extend_from_slice(name.as_bytes());
    response.extend_from_slice(b"\":");
}

/// The message in binary. Only where a list has messages in both forms is there any to be encoded.
fn binary<M>(message: &[u8]) -> Result<Cow<'_, [u8]>, StoreError>
where
    M: Message + Default + DeserializeOwned,
{
    match Form::of(message) {
        Form::Protobuf => Ok(Cow::Borrowed(message)),
        Form::Json => Ok(Cow::Owned(decode_any::<M>(message)?.encode_to_vec())),
    }
}

fn append(response: &mut Vec<u8>, number: u32, message: &[u8]) {
    encode_key(number, WireType::LengthDelimited, response);
    encode_varint(message.len() as u64, response);
    response.extend_from_slice(message);
}

fn field_len(number: u32, message: &[u8]) -> usize {
    key_len(number) + encoded_len_varint(message.len() as u64) + message.len()
}

#[cfg(test)]
mod tests {
    use runner_configuration::v1::*;
    use uuid::Uuid;

    use super::*;

    const OBJECT: Field = Field::new(1, "environmentClass");
    const LIST: Field = Field::new(2, "environmentClasses");

    fn class(number: usize, size: usize) -> EnvironmentClass {
        EnvironmentClass {
            id: number.to_string(),
            description: "\"x\u{1}é".repeat(size),
            enabled: true,
            ..Default::default()
        }
    }

    /// What is stored of a message, in one form or the other.
    fn stored(message: &EnvironmentClass, form: Form) -> Vec<u8> {
        match form {
            Form::Protobuf => message.encode_to_vec(),
            Form::Json => serde_json::to_vec(message).unwrap(),
        }
    }

    /// The reply is what would be made of the message, byte by byte.
    fn check<M>(reply: Reply<M>, form: Form, whole: &M)
    where
        M: Message + Default + Serialize + DeserializeOwned + PartialEq + std::fmt::Debug,
    {
        let (binary, text) = (reply.binary(), reply.text());
        match form {
            Form::Protobuf => assert_eq!(binary, Some(&whole.encode_to_vec()[..])),
            Form::Json => assert_eq!(text, Some(&serde_json::to_vec(whole).unwrap()[..])),
        }
        assert_eq!(reply.into_message().unwrap(), *whole);
    }

    #[test]
    fn what_is_put_together_is_what_would_be_encoded() {
        for form in [Form::Protobuf, Form::Json] {
            for size in [0, 1, 25, 100, 20_000] {
                let whole = GetEnvironmentClassResponse {
                    environment_class: Some(class(1, size)),
                };
                let message = Encoded::from_bytes(stored(&class(1, size), form));
                check(
                    object::<_, EnvironmentClass>(OBJECT, &message),
                    form,
                    &whole,
                );
                for (count, token) in [(1, ""), (1, "next"), (3, ""), (3, "next")] {
                    let classes: Vec<_> = (0..count).map(|number| class(number, size)).collect();
                    let mut page = Page::empty();
                    for class in &classes {
                        page.push(&stored(class, form));
                    }
                    page.continue_after(Some(Uuid::nil()));
                    for pagination in [
                        None,
                        Some(PaginationResponse {
                            next_token: token.into(),
                        }),
                    ] {
                        let head = ListEnvironmentClassesResponse {
                            pagination,
                            ..Default::default()
                        };
                        let whole = ListEnvironmentClassesResponse {
                            environment_classes: classes.clone(),
                            ..head.clone()
                        };
                        let reply = list::<_, EnvironmentClass>(&head, LIST, &page).unwrap();
                        check(reply, form, &whole);
                    }
                }
            }
        }
    }

    #[test]
    fn an_empty_list_is_what_its_head_is() {
        let head = ListEnvironmentClassesResponse {
            pagination: Some(PaginationResponse::default()),
            ..Default::default()
        };
        let reply = list::<_, EnvironmentClass>(&head, LIST, &Page::empty()).unwrap();
        check(reply, Form::Protobuf, &head);
    }

    #[test]
    fn a_page_in_both_forms_is_put_together_in_binary() {
        let mut page = Page::empty();
        page.push(&stored(&class(0, 1), Form::Json));
        page.push(&stored(&class(1, 1), Form::Protobuf));
        let head = ListEnvironmentClassesResponse::default();
        let whole = ListEnvironmentClassesResponse {
            environment_classes: vec![class(0, 1), class(1, 1)],
            ..head.clone()
        };
        let reply = list::<_, EnvironmentClass>(&head, LIST, &page).unwrap();
        check(reply, Form::Protobuf, &whole);
        page.push(b"{");
        list::<_, EnvironmentClass>(&head, LIST, &page).unwrap_err();
    }
}
