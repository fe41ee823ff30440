//! An API of one's own: two RPCs, generated from `proto/` and served as Connect, gRPC and gRPC-Web on one port.

use std::sync::{Mutex, PoisonError};

use runner_configuration_server::rpc::{Reply, Server};
use tonic::{Request, Status};

/// The generated messages.
pub mod v1 {
    #![allow(
        clippy::all,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        reason = "generated"
    )]

    include!(concat!(env!("OUT_DIR"), "/greeter.v1.rs"));

    mod json {
        use super::*;

        include!(concat!(env!("OUT_DIR"), "/greeter.v1.json.rs"));
    }

    mod validate {
        use super::*;

        include!(concat!(env!("OUT_DIR"), "/greeter.v1.validate.rs"));
    }
}

/// The generated service.
pub mod service {
    #![allow(
        clippy::all,
        clippy::allow_attributes,
        clippy::allow_attributes_without_reason,
        missing_docs,
        reason = "generated"
    )]

    include!(concat!(env!("OUT_DIR"), "/greeter.v1.server.rs"));
}

/// Greets with the words that it was told last.
#[derive(Default)]
pub struct Greeter {
    greeting: Mutex<Option<String>>,
}

impl service::GreeterService for Greeter {
    async fn greet(
        &self,
        request: Request<v1::GreetRequest>,
    ) -> Result<Reply<v1::GreetResponse>, Status> {
        let greeting = self.greeting.lock().unwrap_or_else(PoisonError::into_inner);
        let (greeting, name) = (
            greeting.as_deref().unwrap_or("Hello"),
            request.into_inner().name,
        );
        Ok(v1::GreetResponse {
            text: format!("{greeting}, {name}!"),
        }
        .into())
    }

    async fn set_greeting(
        &self,
        request: Request<v1::SetGreetingRequest>,
    ) -> Result<Reply<v1::SetGreetingResponse>, Status> {
        // The rules of the .proto file have been checked by now.
        let mut greeting = self.greeting.lock().unwrap_or_else(PoisonError::into_inner);
        *greeting = Some(request.into_inner().greeting);
        Ok(v1::SetGreetingResponse {}.into())
    }
}

/// The service as a router of axum.
pub fn router() -> axum::Router {
    Server::new(service::GreeterServiceDispatcher::new(Greeter::default())).into_router()
}
