//! What look-ups return: messages still encoded, one at a time or a page of them.

use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use prost::Message;
use runner_configuration::json;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{StoreError, SubjectKey};

/// In which of its forms a look-up returns a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// Encoded as protobuf.
    #[default]
    Protobuf,
    /// Its JSON text, by the proto3 JSON mapping; encoded as protobuf where the store has no text of it.
    Json,
}

/// A message as it is stored: encoded as protobuf, or its JSON text.
#[derive(PartialEq, Eq)]
pub struct Encoded<M> {
    bytes: Vec<u8>,
    message: PhantomData<fn() -> M>,
}

impl<M: Message + Default + DeserializeOwned> Encoded<M> {
    /// Encodes a message as protobuf.
    pub fn new(message: &M) -> Self {
        Self::from_bytes(message.encode_to_vec())
    }

    /// Decodes the message.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what was stored is no such message.
    pub fn decode(&self) -> Result<M, StoreError> {
        decode_any(&self.bytes)
    }
}

impl<M> Encoded<M> {
    /// Takes what was encoded before.
    pub(crate) const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            message: PhantomData,
        }
    }

    /// The encoded message, or its text: [`Form::of`] tells which.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded message, or its text: [`Form::of`] tells which.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl<M> Clone for Encoded<M> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.bytes.clone())
    }
}

impl<M> fmt::Debug for Encoded<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("bytes", &self.bytes.len())
            .finish()
    }
}

impl Form {
    /// The form of a message that a store returned.
    ///
    /// The text is an object, so its first byte is `{`. No encoded message begins with that byte: it would stand for a
    /// group, which proto3 does not have.
    pub fn of(message: &[u8]) -> Self {
        match message.first() {
            Some(b'{') => Self::Json,
            _ => Self::Protobuf,
        }
    }
}

/// The column that holds a message, or what to select for it.
pub(super) const fn selected(form: Form) -> &'static str {
    match form {
        Form::Protobuf => "message",
        Form::Json => "coalesce(json, message)",
    }
}

pub(crate) fn decode_any<M>(message: &[u8]) -> Result<M, StoreError>
where
    M: Message + Default + DeserializeOwned,
{
    match Form::of(message) {
        Form::Protobuf => decode(message),
        Form::Json => json::from_slice(message)
            .map_err(|_| StoreError::damaged("a stored message has a text that is not its JSON")),
    }
}

pub(crate) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, StoreError> {
    M::decode(bytes).map_err(|_| StoreError::damaged("a stored message cannot be decoded"))
}

/// An environment class or an integration that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<M> {
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// The object as clients see it.
    pub message: Encoded<M>,
}

/// A host authentication token that was looked up, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// The runner that it belongs to.
    pub runner_id: Uuid,
    /// Whom it belongs to.
    pub owner: SubjectKey,
    /// The token as clients see it.
    pub message: Encoded<runner_configuration::v1::HostAuthenticationToken>,
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// Only objects whose id is greater than this one. It need not be the id of an object.
    pub after: Option<Uuid>,
    /// At most this many; at least one.
    pub limit: usize,
    /// In which form.
    pub form: Form,
}

/// A part of a list, in the order of ids: one buffer with all messages. Clones share it.
pub struct Page<M> {
    parts: Arc<Parts>,
    message: PhantomData<fn() -> M>,
}

#[derive(Clone, Default)]
struct Parts {
    buffer: Vec<u8>,
    /// Where each message ends in the buffer.
    ends: Vec<usize>,
    /// How many of them are JSON texts.
    texts: usize,
    next_after: Option<Uuid>,
    /// The last reply that was made of it.
    reply: OnceLock<PageReply>,
}

/// A reply that was put together from a page.
#[derive(Clone)]
struct PageReply {
    /// What else is in it, by which it is recognised.
    head: Vec<u8>,
    reply: Bytes,
}

impl<M> Page<M> {
    /// Where the next page starts (its [`PageRequest::after`]), if there is a next page.
    pub fn next_after(&self) -> Option<Uuid> {
        self.parts.next_after
    }

    /// How many messages there are.
    pub fn len(&self) -> usize {
        self.parts.ends.len()
    }

    /// The form of all messages, if they have the same, and if there are any.
    pub(crate) fn form(&self) -> Option<Form> {
        match self.parts.texts {
            _ if self.is_empty() => None,
            0 => Some(Form::Protobuf),
            texts => (texts == self.len()).then_some(Form::Json),
        }
    }

    /// Whether there is no message.
    pub fn is_empty(&self) -> bool {
        self.parts.ends.is_empty()
    }

    /// The messages, encoded or their texts: [`Form::of`] tells which.
    pub fn encoded(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        let mut start = 0;
        self.parts.ends.iter().map(move |&end| {
            let message = self.parts.buffer.get(start..end).unwrap_or_default();
            start = end;
            message
        })
    }

    pub(crate) fn empty() -> Self {
        Self {
            parts: Arc::default(),
            message: PhantomData,
        }
    }

    pub(crate) fn push(&mut self, message: &[u8]) {
        let parts = Arc::make_mut(&mut self.parts);
        // It would be one without this message.
        parts.reply = OnceLock::new();
        parts.texts += usize::from(Form::of(message) == Form::Json);
        parts.buffer.extend_from_slice(message);
        parts.ends.push(parts.buffer.len());
    }

    /// Says that there is more, after the object with this id.
    pub(crate) fn continue_after(&mut self, id: Option<Uuid>) {
        Arc::make_mut(&mut self.parts).next_after = id;
    }

    /// The reply that has this head before the messages. It is made once, as long as no other is asked for first.
    pub(crate) fn reply<E>(
        &self,
        head: Vec<u8>,
        make: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
    ) -> Result<Bytes, E> {
        if let Some(made) = self.parts.reply.get() {
            return match made.head == head {
                true => Ok(made.reply.clone()),
                false => Ok(make(&head)?.into()),
            };
        }
        let reply = Bytes::from(make(&head)?);
        let _first = self.parts.reply.set(PageReply {
            head,
            reply: reply.clone(),
        });
        Ok(reply)
    }

    /// The same, whatever the messages are.
    pub(super) fn retyped<N>(&self) -> Page<N> {
        Page {
            parts: Arc::clone(&self.parts),
            message: PhantomData,
        }
    }

    /// How much memory it takes, with a reply that is made of it, in bytes.
    pub(super) fn size(&self) -> usize {
        2 * self.parts.buffer.len()
            + size_of::<usize>() * self.parts.ends.len()
            + size_of::<Parts>()
    }
}

impl<M: Message + Default + DeserializeOwned> Page<M> {
    /// Decodes the messages.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what was stored is no such message.
    pub fn decode(&self) -> Result<Vec<M>, StoreError> {
        self.encoded().map(decode_any).collect()
    }
}

/// A page that is being filled, in order.
pub(super) struct Filling<M> {
    pub(super) page: Page<M>,
    limit: usize,
    last: Option<Uuid>,
}

impl<M> Filling<M> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            page: Page::empty(),
            limit,
            last: None,
        }
    }

    pub(super) fn missing(&self) -> usize {
        self.limit - self.page.len()
    }

    /// Takes a message, or, if the page is full, takes note that there is more. Returns whether it was taken.
    pub(super) fn offer(&mut self, id: Uuid, message: &[u8]) -> bool {
        if self.missing() == 0 {
            self.page.continue_after(self.last);
            return false;
        }
        self.page.push(message);
        self.last = Some(id);
        true
    }
}

impl<M> Clone for Page<M> {
    fn clone(&self) -> Self {
        self.retyped()
    }
}

impl<M> fmt::Debug for Page<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("messages", &self.len())
            .field("next_after", &self.next_after())
            .finish()
    }
}
