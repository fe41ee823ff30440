//! Pages of lists, and the tokens that lead from one to the next.
//!
//! A token is opaque to clients: base64url of a version, the id of the last object on the page, and a hash of the RPC
//! and its filter. So the server keeps nothing between pages, every replica can continue a list, and a token from
//! another RPC or filter is recognised. It holds no permission and needs no signature: who sends one sees no more
//! than with a first page.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use runner_configuration::v1::{PaginationRequest, PaginationResponse};
use runner_configuration::validate::{Field, Type};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Error, Step};
use crate::store::{Form, PageRequest};

/// Objects on a page where the caller does not say.
pub(crate) const DEFAULT_SIZE: usize = 25;
/// The most objects on a page.
pub(crate) const MAX_SIZE: usize = 100;

/// The form of tokens. A token of another version is refused.
const VERSION: u8 = 1;
const HASH_LENGTH: usize = 12;
const TOKEN_LENGTH: usize = 1 + 16 + HASH_LENGTH;

const PAGINATION: Field = Field::new(1, "pagination", Type::Message);
const PAGE_SIZE: Field = Field::new(1, "page_size", Type::Int32);
const TOKEN: Field = Field::new(2, "token", Type::String);

/// What a page token belongs to: an RPC and its filter.
///
/// Two filters that select the same are the same: a missing filter and an empty one, and lists whatever their order,
/// their repetitions, and the case of the ids in them.
pub(crate) struct Query {
    hash: Sha256,
}

impl Query {
    pub(crate) fn of(rpc: &'static str) -> Self {
        Self {
            hash: Sha256::new_with_prefix(rpc),
        }
    }

    /// A part of the filter that wants one of these ids.
    pub(crate) fn ids(self, name: &'static str, ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.part(name, ids.into_iter().map(|id| id.as_u128()).collect())
    }

    /// A part of the filter that wants one of these enum values.
    pub(crate) fn numbers(
        self,
        name: &'static str,
        numbers: impl IntoIterator<Item = i32>,
    ) -> Self {
        self.part(
            name,
            numbers
                .into_iter()
                .map(|number| u128::from(number.cast_unsigned()))
                .collect(),
        )
    }

    /// A part of the filter that wants a yes or a no.
    pub(crate) fn flag(self, name: &'static str, flag: Option<bool>) -> Self {
        self.part(name, flag.into_iter().map(u128::from).collect())
    }

    fn part(mut self, name: &'static str, mut values: Vec<u128>) -> Self {
        values.sort_unstable();
        values.dedup();
        if !values.is_empty() {
            // 0 ends a name, and the count ends the values: no two filters give the same bytes.
            self.hash.update([0]);
            self.hash.update(name);
            self.hash.update([0]);
            self.hash.update((values.len() as u64).to_be_bytes());
            values
                .iter()
                .for_each(|value| self.hash.update(value.to_be_bytes()));
        }
        self
    }

    /// Reads which page is wanted.
    ///
    /// # Errors
    ///
    /// `invalid_argument` where the size is out of range, or the token is none that this query issued.
    pub(crate) fn page(self, wanted: Option<PaginationRequest>) -> Result<Pager, Error> {
        let PaginationRequest { page_size, token } = wanted.unwrap_or_default();
        let hash = self.hash.finalize();
        let pager = Pager {
            hash: std::array::from_fn(|index| hash[index]),
            after: None,
            limit: 0,
        };

        let limit = match usize::try_from(page_size) {
            Ok(0) => DEFAULT_SIZE,
            Ok(size) if size <= MAX_SIZE => size,
            _ => return Err(wrong(PAGE_SIZE, "page_size", "must be from 0 to 100")),
        };
        let after = if token.is_empty() {
            None
        } else {
            let after = pager.last_id(&token).ok_or_else(|| {
                wrong(
                    TOKEN,
                    "page_token",
                    "is not a token that this RPC issued for this filter; start again without one",
                )
            })?;
            Some(after)
        };
        Ok(Pager {
            after,
            limit,
            ..pager
        })
    }
}

fn wrong(field: Field, rule: &str, message: &str) -> Error {
    Error::invalid(&[Step::to(PAGINATION), Step::to(field)], rule, message)
}

/// Which page is wanted, and how the token of the next one is made.
#[derive(Debug)]
pub(crate) struct Pager {
    hash: [u8; HASH_LENGTH],
    after: Option<Uuid>,
    limit: usize,
}

impl Pager {
    /// What to ask the store for.
    pub(crate) const fn request(&self, form: Form) -> PageRequest {
        PageRequest {
            after: self.after,
            limit: self.limit,
            form,
        }
    }

    /// What the reply says about the next page, which starts behind the object with this id.
    pub(crate) fn response(&self, next_after: Option<Uuid>) -> Option<PaginationResponse> {
        let next_token = next_after.map(|id| self.token(id)).unwrap_or_default();
        Some(PaginationResponse { next_token })
    }

    fn token(&self, last_id: Uuid) -> String {
        let mut token = [VERSION; TOKEN_LENGTH];
        let (id, hash) = token[1..].split_at_mut(16);
        id.copy_from_slice(last_id.as_bytes());
        hash.copy_from_slice(&self.hash);
        URL_SAFE_NO_PAD.encode(token)
    }

    fn last_id(&self, token: &str) -> Option<Uuid> {
        let token: [u8; TOKEN_LENGTH] = URL_SAFE_NO_PAD.decode(token).ok()?.try_into().ok()?;
        let (id, hash) = token[1..].split_at(16);
        (token[0] == VERSION && hash == self.hash).then(|| Uuid::from_slice(id).ok())?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Uuid = Uuid::from_u128(0xa);
    const B: Uuid = Uuid::from_u128(0xb);

    fn page(query: Query, page_size: i32, token: &str) -> Result<Pager, Error> {
        query.page(Some(PaginationRequest {
            page_size,
            token: token.to_owned(),
        }))
    }

    fn query() -> Query {
        Query::of("ListThings")
    }

    #[test]
    fn a_page_has_25_objects_unless_1_to_100_are_wanted() {
        assert_eq!(
            query().page(None).unwrap().request(Form::Protobuf),
            PageRequest {
                after: None,
                limit: 25,
                form: Form::Protobuf,
            }
        );
        for (size, limit) in [(0, 25), (1, 1), (100, 100)] {
            assert_eq!(
                page(query(), size, "")
                    .unwrap()
                    .request(Form::Protobuf)
                    .limit,
                limit
            );
        }
        for size in [-1, 101, i32::MIN, i32::MAX] {
            let error = page(query(), size, "").unwrap_err().to_string();
            assert!(error.contains("pagination.page_size"), "{error}");
        }
    }

    #[test]
    fn a_token_leads_to_the_next_page_of_any_size() {
        let first = page(query(), 10, "").unwrap();
        assert_eq!(first.response(None).unwrap().next_token, "");
        let token = first.response(Some(A)).unwrap().next_token;
        let next = page(query(), 50, &token).unwrap();
        assert_eq!(
            next.request(Form::Protobuf),
            PageRequest {
                after: Some(A),
                limit: 50,
                form: Form::Protobuf,
            }
        );
    }

    #[test]
    fn a_token_fits_every_spelling_of_its_filter() {
        let token = |query: Query| query.page(None).unwrap().token(A);
        let lists = |ids: &[Uuid]| token(query().ids("runner_ids", ids.iter().copied()));
        assert_eq!(lists(&[A, B]), lists(&[B, A, A]));
        assert_eq!(lists(&[]), token(query()));
        assert_eq!(
            token(query().flag("enabled", None).numbers("kinds", [])),
            token(query())
        );
    }

    #[test]
    fn a_token_of_another_query_is_refused() {
        let token = query().ids("runner_ids", [A]).page(None).unwrap().token(B);
        assert!(page(query().ids("runner_ids", [A]), 0, &token).is_ok());
        for other in [
            query(),
            query().ids("runner_ids", [B]),
            query().ids("runner_ids", [A, B]),
            query().ids("subject_ids", [A]),
            query().ids("runner_ids", [A]).flag("enabled", Some(false)),
            query().ids("runner_ids", [A]).numbers("kinds", [1]),
            Query::of("ListOthers").ids("runner_ids", [A]),
        ] {
            let error = page(other, 0, &token).unwrap_err().to_string();
            assert!(error.contains("pagination.token"), "{error}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let token = query().page(None).unwrap().token(A);
        let other_version = {
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            bytes[0] = 2;
            URL_SAFE_NO_PAD.encode(bytes)
        };
        let padded = format!("{token}=");
        for wrong in [
            "x",
            "\0",
            "ä",
            " ",
            &token[1..],
            &other_version,
            &padded,
            &token.repeat(2),
        ] {
            assert!(page(query(), 0, wrong).is_err(), "{wrong}");
        }
    }
}
