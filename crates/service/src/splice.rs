//! Replies that are put together from what is stored, without decoding it: the bytes of a message inside another are those of
//! the message alone, behind the field's number and their length.

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};
use runner_configuration_server::Reply;

use crate::store::{Encoded, Page};

/// A response whose field `number` is the message, and which has no other.
pub(crate) fn object<Res, M>(number: u32, message: &Encoded<M>) -> Reply<Res> {
    let bytes = message.as_bytes();
    let mut response = Vec::with_capacity(field_len(number, bytes));
    append(&mut response, number, bytes);
    Reply::encoded(response)
}

/// A response whose repeated field `number` has the messages of a page, behind what `head` has. Its other fields have
/// lower numbers, as an encoder would write them before it.
pub(crate) fn list<Res: Message, M>(head: &Res, number: u32, page: &Page<M>) -> Reply<Res> {
    let messages: usize = page
        .encoded()
        .map(|message| field_len(number, message))
        .sum();
    let mut response = Vec::with_capacity(head.encoded_len() + messages);
    head.encode_raw(&mut response);
    for message in page.encoded() {
        append(&mut response, number, message);
    }
    Reply::encoded(response)
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

    fn page<M: Message>(messages: &[M]) -> Page<M> {
        let mut page = Page::empty();
        for message in messages {
            page.push(&message.encode_to_vec());
        }
        page.continue_after(Some(Uuid::nil()));
        page
    }

    fn bytes<M: Message + Default>(reply: Reply<M>) -> Vec<u8> {
        reply.into_message().unwrap().encode_to_vec()
    }

    #[test]
    fn what_is_put_together_is_what_would_be_encoded() {
        for size in [0, 1, 100, 200, 20_000] {
            let class = |number: usize| EnvironmentClass {
                id: number.to_string(),
                description: "x".repeat(size),
                enabled: true,
                ..Default::default()
            };
            for count in [0, 1, 3] {
                let classes: Vec<_> = (0..count).map(class).collect();
                let head = ListEnvironmentClassesResponse {
                    pagination: Some(PaginationResponse {
                        next_token: "next".into(),
                    }),
                    ..Default::default()
                };
                let whole = ListEnvironmentClassesResponse {
                    environment_classes: classes.clone(),
                    ..head.clone()
                };
                let reply = list(&head, 2, &page(&classes));
                assert_eq!(bytes(reply), whole.encode_to_vec(), "{count} of {size}");
            }
            let whole = GetEnvironmentClassResponse {
                environment_class: Some(class(1)),
            };
            let reply = object::<GetEnvironmentClassResponse, _>(1, &Encoded::new(&class(1)));
            assert_eq!(bytes(reply), whole.encode_to_vec(), "{size}");
        }
    }
}
