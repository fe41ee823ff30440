use secrecy::{ExposeSecret as _, SecretBox, SecretSlice};

use crate::rpc::{Code, Error};

/// Opens what the service has sealed to a runner's key, such as `encrypted_client_secret` of an SCM integration or
/// `encrypted_api_key` of an LLM integration: a NaCl sealed box (`crypto_box_seal`).
///
/// `private_key` is the runner's X25519 key.
///
/// # Errors
///
/// `invalid_argument` where the box was not sealed to this key, or is not whole. The error says nothing of either.
///
/// ```
/// use runner_configuration_client::secrecy::{ExposeSecret, SecretBox};
/// use runner_configuration_client::unseal;
///
/// # fn main() -> Result<(), runner_configuration_client::Error> {
/// let private_key = SecretBox::new(Box::new([7; 32]));
/// // An LLM integration's api key, say, which PyNaCl has sealed to the public key of that.
/// # let text = "5201c885c2c9ea1f04976ded21038f06ea8ed6536b31ed8ac8927264116bac54\
/// #     613892bb19a248e145477bb952ba959a89da9ec70f";
/// # let digit = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
/// # let encrypted_api_key: Vec<u8> =
/// #     text.as_bytes().chunks(2).map(|pair| digit(pair[0]) * 16 + digit(pair[1])).collect();
/// let api_key = unseal(&private_key, &encrypted_api_key)?;
/// assert_eq!(api_key.expose_secret(), b"hello");
/// # Ok(())
/// # }
/// ```
pub fn unseal(private_key: &SecretBox<[u8; 32]>, sealed: &[u8]) -> Result<SecretSlice<u8>, Error> {
    let key = crypto_box::SecretKey::from_bytes(*private_key.expose_secret());
    match key.unseal(sealed) {
        Ok(secret) => Ok(secret.into()),
        // The cipher's error has no content.
        Err(_error) => {
            let text = "the sealed box cannot be opened with this private key";
            Err(Error::local(Code::InvalidArgument, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(private_key: u8, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let key = SecretBox::new(Box::new([private_key; 32]));
        let secret = unseal(&key, sealed)?;
        assert!(!format!("{secret:?}").contains("104"), "{secret:?}");
        Ok(secret.expose_secret().to_vec())
    }

    #[test]
    fn what_libsodium_sealed_opens_with_the_private_key_only() {
        // Made with PyNaCl: SealedBox(PrivateKey(bytes([7] * 32)).public_key).encrypt(b"hello").
        let text = "5201c885c2c9ea1f04976ded21038f06ea8ed6536b31ed8ac8927264116bac54\
                    613892bb19a248e145477bb952ba959a89da9ec70f";
        let pairs = text.as_bytes().chunks(2);
        let pairs = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16));
        let sealed: Vec<u8> = pairs.map(|byte| byte.unwrap()).collect();
        assert_eq!(opened(7, &sealed).unwrap(), b"hello");

        let mut changed = sealed.clone();
        changed[40] ^= 1;
        let cut = &sealed[..sealed.len() - 1];
        for (key, wrong) in [
            (8, &*sealed),
            (7, cut),
            (7, &*changed),
            (7, &[1; 10]),
            (7, &[]),
        ] {
            let error = opened(key, wrong).unwrap_err();
            assert!(error.is_invalid_argument() && !error.is_from_server());
        }
    }
}
