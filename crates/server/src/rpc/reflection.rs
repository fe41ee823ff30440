//! gRPC server reflection.

use axum::Router;
use tonic_reflection::pb::{v1, v1alpha};
use tonic_reflection::server::Builder;

use super::tonic_routes::{MAX_MESSAGE_BYTES, tonic_routes};

/// [gRPC server reflection][protocol], v1 and v1alpha, of compiled .proto files: tools such as grpcurl then know every
/// service, RPC and message without the files. For [`Server::with_routes`](super::Server::with_routes).
///
/// `descriptors` are encoded `google.protobuf.FileDescriptorSet`s with their imports; custom options and comments are
/// handed out as they are. All services in them are listed, so give those that are served; reflection lists itself.
///
/// [protocol]: https://grpc.io/docs/guides/reflection/
///
/// # Errors
///
/// [`InvalidDescriptors`], where one of them is not such a set.
///
/// ```
/// use runner_configuration_server::rpc::reflection;
///
/// # fn example(service: impl runner_configuration_server::RunnerConfigurationService)
/// # -> Result<(), Box<dyn std::error::Error>> {
/// let reflection = reflection(&[runner_configuration::FILE_DESCRIPTOR_SET])?;
/// let server = runner_configuration_server::service(service).with_routes(reflection);
/// # Ok(())
/// # }
/// ```
pub fn reflection(descriptors: &[&[u8]]) -> Result<Router, InvalidDescriptors> {
    // Each version knows the other too: callers may ask either what there is.
    let own = [v1::FILE_DESCRIPTOR_SET, v1alpha::FILE_DESCRIPTOR_SET];
    let builder = || {
        let register = Builder::register_encoded_file_descriptor_set;
        descriptors
            .iter()
            .copied()
            .chain(own)
            .fold(Builder::configure(), register)
    };
    let v1 = builder().build_v1()?;
    let v1alpha = builder().build_v1alpha()?;
    let v1 = tonic_routes(v1.max_decoding_message_size(MAX_MESSAGE_BYTES));
    let v1alpha = v1alpha.max_decoding_message_size(MAX_MESSAGE_BYTES);
    Ok(v1.merge(tonic_routes(v1alpha)))
}

/// Not an encoded `FileDescriptorSet` with its imports.
#[derive(Debug, thiserror::Error)]
#[error(
    "the descriptors can't be served by reflection: give an encoded FileDescriptorSet with its imports"
)]
pub struct InvalidDescriptors(#[from] tonic_reflection::server::Error);
