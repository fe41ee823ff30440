//! Tokens of an OpenID provider: which count, which do not, and what happens as the provider's keys change.

#![cfg(test)]

mod load;
mod provider;
mod signers;
mod support;
mod tokens;
mod upstream;
