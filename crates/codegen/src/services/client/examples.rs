//! Examples in the documentation of a client.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::services::Services;

/// What the examples of one client have in common.
pub(super) struct Examples {
    /// The module in which the client is public; without one there are no examples.
    module: Option<String>,
    name: String,
    runtime: String,
}

impl Examples {
    pub(super) fn new(services: &Services<'_>, name: &str) -> Self {
        let module = services.client_module.as_ref().map(text);
        let runtime = text(&services.client_path);
        Self {
            runtime: outside(&runtime, module.as_deref()),
            module,
            name: name.to_owned(),
        }
    }

    pub(super) fn client(&self) -> TokenStream {
        let new = format!("let client = {}::new(channel);", self.name);
        self.docs(|runtime| vec![given_channel(runtime), new, "# }".to_owned()])
    }

    pub(super) fn new_client(&self) -> TokenStream {
        self.client()
    }

    pub(super) fn channel(&self) -> TokenStream {
        let new = format!("let client = {}::new(channel);", self.name);
        let other = format!("let other = {}::new(client.channel().clone());", self.name);
        self.docs(|runtime| vec![given_channel(runtime), new, other, "# }".to_owned()])
    }

    /// A call that is answered with an empty message, without a network.
    pub(super) fn call(
        &self,
        method: &str,
        request: &TokenStream,
        response: &TokenStream,
    ) -> TokenStream {
        let module = self.module.as_deref();
        let request = outside(&text(request), module);
        let response = outside(&text(response), module);
        let name = &self.name;
        self.docs(|runtime| {
            vec![
                format!("# use {runtime}::{{Channel, Error, UnaryRequest, UnaryResponse}};"),
                "# #[tokio::main(flavor = \"current_thread\")]".to_owned(),
                "# async fn main() -> Result<(), Error> {".to_owned(),
                format!(
                    "# let answer = |_: UnaryRequest| UnaryResponse::encode(&{response}::default());"
                ),
                format!("# let client = {name}::new(Channel::new(answer));"),
                format!("let request = {request}::default();"),
                format!("let reply = client.{method}(request).await?;"),
                "# Ok(())".to_owned(),
                "# }".to_owned(),
            ]
        })
    }

    fn docs(&self, lines: impl FnOnce(&str) -> Vec<String>) -> TokenStream {
        let Some(module) = &self.module else {
            return TokenStream::new();
        };
        let import = format!("use {module}::{};", self.name);
        let code = lines(&self.runtime);
        let fence = || "```".to_owned();
        let lines = [String::new(), fence(), import, String::new()]
            .into_iter()
            .chain(code)
            .chain([fence()])
            .map(|line| {
                if line.is_empty() {
                    line
                } else {
                    format!(" {line}")
                }
            });
        quote!(#(#[doc = #lines])*)
    }
}

fn given_channel(runtime: &str) -> String {
    format!("# fn example(channel: {runtime}::Channel) {{")
}

/// A path as examples write it: they are crates of their own, to which `crate` is the one of the module.
fn outside(path: &str, module: Option<&str>) -> String {
    let module = module.unwrap_or_default();
    let root = module.split("::").next().unwrap_or_default();
    match path.strip_prefix("crate::") {
        Some(rest) => format!("{root}::{rest}"),
        None => path.trim_start_matches("::").to_owned(),
    }
}

fn text(path: &impl ToTokens) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}
