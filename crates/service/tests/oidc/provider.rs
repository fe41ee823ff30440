//! An OpenID provider in this process, which signs what it is asked to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const AUDIENCE: &str = "runnerconf";

/// What the provider does with a request.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// It answers with its configuration or its keys.
    Answers,
    /// It is there, and closes every connection.
    HangsUp,
    /// It answers every request with this status line and headers, and this body.
    Says(&'static str, Vec<u8>),
}

/// A provider that listens on this machine as long as the tests run.
pub(crate) struct Provider {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    keys: Mutex<Vec<Value>>,
    behaviour: Mutex<Behaviour>,
    requests: AtomicUsize,
}

impl Provider {
    /// A provider that publishes these keys.
    pub(crate) fn start(keys: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            keys: Mutex::default(),
            behaviour: Mutex::new(Behaviour::Answers),
            requests: AtomicUsize::new(0),
        });
        let provider = Self {
            address,
            state: Arc::clone(&state),
        };
        provider.publish(keys);
        thread::spawn(move || {
            for connection in listener.incoming() {
                answer(connection.unwrap(), address, &state);
            }
        });
        provider
    }

    pub(crate) fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where its keys are.
    pub(crate) fn jwks(&self) -> String {
        format!("{}/keys", self.issuer())
    }

    /// From now on, these are its keys.
    pub(crate) fn publish(&self, keys: &[&Signer]) {
        *self.state.keys.lock().unwrap() = keys.iter().map(|key| key.jwk.clone()).collect();
    }

    pub(crate) fn behave(&self, behaviour: Behaviour) {
        *self.state.behaviour.lock().unwrap() = behaviour;
    }

    /// How many requests have reached it.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// What a token says that counts now, for this role.
    pub(crate) fn claims(&self, role: &str) -> Value {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        json!({
            "iss": self.issuer(), "aud": AUDIENCE, "sub": "248289761001", "roles": [role],
            "iat": now, "nbf": now, "exp": now + 600,
        })
    }
}

fn answer(mut connection: TcpStream, address: SocketAddr, state: &State) {
    let mut head = BufReader::new(connection.try_clone().unwrap()).lines();
    let Some(Ok(request)) = head.next() else {
        return;
    };
    // The rest of the head; there is no body.
    let _ = head.find(|line| !matches!(line, Ok(line) if !line.is_empty()));
    state.requests.fetch_add(1, Ordering::SeqCst);
    let behaviour = state.behaviour.lock().unwrap().clone();
    let (status, body) = match behaviour {
        Behaviour::HangsUp => return,
        Behaviour::Says(status, body) => (status, body),
        Behaviour::Answers if request.starts_with("GET /keys ") => {
            let keys = json!({"keys": *state.keys.lock().unwrap()});
            ("200 OK", keys.to_string().into_bytes())
        }
        Behaviour::Answers if request.starts_with("GET /.well-known/openid-configuration ") => {
            let issuer = format!("http://{address}");
            let configuration = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")});
            ("200 OK", configuration.to_string().into_bytes())
        }
        Behaviour::Answers => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    // Whoever asked may be gone.
    let _ = connection.write_all(&[head.into_bytes(), body].concat());
}

type Sign = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// A key pair of a provider.
pub(crate) struct Signer {
    header: Value,
    jwk: Value,
    sign: Box<Sign>,
}

impl Signer {
    pub(crate) fn new(
        id: &str,
        algorithm: &str,
        mut jwk: Value,
        sign: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        jwk["kid"] = json!(id);
        jwk["alg"] = json!(algorithm);
        Self {
            header: json!({"alg": algorithm, "kid": id, "typ": "JWT"}),
            jwk,
            sign: Box::new(sign),
        }
    }

    /// A new key for ECDSA with P-256.
    pub(crate) fn es256(id: &str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y)});
        Self::new(id, "ES256", jwk, move |message| {
            pair.sign(&random, message).unwrap().as_ref().to_vec()
        })
    }

    /// A token that says this, with the usual header.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header, claims)
    }

    /// A token with this header.
    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        let parts = [header, claims].map(|part| encoded(part.to_string().as_bytes()));
        let message = parts.join(".");
        format!("{message}.{}", encoded(&(self.sign)(message.as_bytes())))
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
