//! Which server a command is for, and with which key.

use std::env;

use clap::Args;
use runner_configuration_client::ClientBuilder;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::input::Stdin;
use crate::profile::Profiles;
use crate::secret::SecretSource;

const PROFILE: &str = "RUNNERCONF_PROFILE";
const KEYS: [&str; 2] = ["ONA_API_KEY", "GITPOD_API_KEY"];
const URLS: [&str; 2] = ["ONA_BASE_URL", "GITPOD_BASE_URL"];

/// What the help of each group of commands for a server ends with.
pub(crate) const HELP: &str = "\
The server and the key are, whichever comes first:
  1. --url, with the key of --key-file, ONA_API_KEY or GITPOD_API_KEY
  2. the profile of --profile
  3. the profile of RUNNERCONF_PROFILE
  4. ONA_BASE_URL or GITPOD_BASE_URL [default: https://app.ona.com/api], and ONA_API_KEY or GITPOD_API_KEY
  5. the default profile
--key-file takes the place of any other key.

Profiles are in config.toml in runnerconf in the user's configuration folder, on Linux ~/.config/runnerconf:

  default = \"local\"

  [profiles.local]
  url = \"http://127.0.0.1:8080\"
  key-file = \"~/.local/share/runnerconf/admin.key\"

  [profiles.ona]                          # without a url: https://app.ona.com/api
  key-command = [\"pass\", \"show\", \"ona\"]   # prints the key

Exit codes:
  0  done
  1  another error, such as a file that cannot be read
  2  the command line is wrong
  3  the request is wrong, or validate found a problem (invalid_argument, out_of_range)
  4  there is no such object (not_found)
  5  the key is not valid, or may not do this (unauthenticated, permission_denied)
  6  there is such an object already (already_exists)
  7  no answer now; a later try may succeed (unavailable, deadline_exceeded, resource_exhausted, aborted)
  8  the state of the runner or the object does not allow it (failed_precondition)";

#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct ServerArguments {
    /// Profile with the server and its key
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,

    /// Base URL of the server, such as http://127.0.0.1:8080
    #[arg(long, global = true, value_name = "URL", conflicts_with = "profile")]
    url: Option<String>,

    /// File with the API key; - reads standard input, or asks on a terminal
    #[arg(long, global = true, value_name = "FILE")]
    key_file: Option<SecretSource>,
}

/// A server and a key, and where they were found.
pub(crate) struct Server {
    pub(crate) url: Found<String>,
    pub(crate) key: Found<Zeroizing<String>>,
}

pub(crate) struct Found<T> {
    pub(crate) value: T,
    pub(crate) from: String,
}

impl ServerArguments {
    /// The server that the arguments, the environment and the profiles say.
    pub(crate) fn choose(self, stdin: &mut Stdin) -> Result<Server, Error> {
        let key = match &self.key_file {
            None => None,
            Some(file) => Some(Found {
                value: file.read("API key", stdin)?,
                from: "--key-file".to_owned(),
            }),
        };
        if let Some(value) = self.url {
            let from = "--url".to_owned();
            let url = Found { value, from };
            return with_key(url, key, || variable(KEYS));
        }
        if let Some(name) = self.profile {
            return of_profile(&Profiles::read()?, &name, "", key);
        }
        if let Some(name) = variable([PROFILE])? {
            return of_profile(
                &Profiles::read()?,
                &name.value,
                " in RUNNERCONF_PROFILE",
                key,
            );
        }
        let (url, set_key) = (variable(URLS)?, variable(KEYS)?);
        if url.is_none() && set_key.is_none() {
            let profiles = Profiles::read()?;
            if let Some(name) = profiles.default() {
                return of_profile(&profiles, name, ", the default", key);
            }
            if key.is_none() {
                return Err(Error::NoServer(profiles.path().to_owned()));
            }
        }
        with_key(url.unwrap_or_else(public_api), key, || Ok(set_key))
    }
}

fn with_key(
    url: Found<String>,
    key: Option<Found<Zeroizing<String>>>,
    otherwise: impl FnOnce() -> Result<Option<Found<String>>, Error>,
) -> Result<Server, Error> {
    if let Some(key) = key {
        return Ok(Server { url, key });
    }
    let Found { value, from } = otherwise()?.ok_or(Error::NoApiKey)?;
    let key = Found {
        value: Zeroizing::new(value),
        from,
    };
    Ok(Server { url, key })
}

fn of_profile(
    profiles: &Profiles,
    name: &str,
    why: &str,
    key: Option<Found<Zeroizing<String>>>,
) -> Result<Server, Error> {
    let profile = profiles.get(name)?;
    let from = format!("profile {name}{why}");
    let key = match key {
        Some(key) => key,
        None => Found {
            value: profile
                .key(profiles.path())?
                .ok_or_else(|| Error::NoKeyInProfile(name.to_owned()))?,
            from: from.clone(),
        },
    };
    let url = profile.url.clone().map(|value| Found { value, from });
    Ok(Server {
        url: url.unwrap_or_else(public_api),
        key,
    })
}

fn public_api() -> Found<String> {
    Found {
        value: ClientBuilder::DEFAULT_BASE_URL.to_owned(),
        from: "the default".to_owned(),
    }
}

/// The first of these variables that is set and not empty.
fn variable<const N: usize>(names: [&str; N]) -> Result<Option<Found<String>>, Error> {
    for name in names {
        if let Some(value) = env::var_os(name).filter(|value| !value.is_empty()) {
            let value = value.into_string();
            let value = value.map_err(|_| Error::Variable(name.to_owned()))?;
            let from = name.to_owned();
            return Ok(Some(Found { value, from }));
        }
    }
    Ok(None)
}
