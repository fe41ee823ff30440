use tonic::metadata::MetadataMap;

/// What an implementation returns: a message, and headers to send with it.
///
/// A message becomes a reply by itself:
///
/// ```
/// use runner_configuration::v1::DeleteScmIntegrationResponse;
/// use runner_configuration_server::Reply;
///
/// let reply: Reply<_> = DeleteScmIntegrationResponse {}.into();
/// ```
#[derive(Clone, Debug)]
pub struct Reply<M> {
    message: M,
    metadata: MetadataMap,
}

impl<M> Reply<M> {
    /// A reply without headers of its own.
    pub fn new(message: M) -> Self {
        Self {
            message,
            metadata: MetadataMap::new(),
        }
    }

    /// The message.
    pub fn message(&self) -> &M {
        &self.message
    }

    /// The message, without the headers.
    pub fn into_message(self) -> M {
        self.message
    }

    /// Headers to send with the message; names starting with `connect-` or `grpc-` belong to the protocols.
    pub fn metadata_mut(&mut self) -> &mut MetadataMap {
        &mut self.metadata
    }

    pub(super) fn into_parts(self) -> (M, MetadataMap) {
        (self.message, self.metadata)
    }
}

impl<M> From<M> for Reply<M> {
    fn from(message: M) -> Self {
        Self::new(message)
    }
}

impl<M> From<tonic::Response<M>> for Reply<M> {
    fn from(response: tonic::Response<M>) -> Self {
        let (metadata, message, _extensions) = response.into_parts();
        Self { message, metadata }
    }
}
