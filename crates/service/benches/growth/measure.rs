//! Asking one question of several stores in turn.

use std::time::Instant;

use prost::Message;
use runner_configuration_service::store::{Form, Page, PageRequest, Store};
use uuid::Uuid;

use super::Failure;
use super::objects::{Objects, class, class_id, encoded, scattered, token, token_id};
use super::questions::{Asked, Question};

/// A page of a client that does not say how long it should be.
const PAGE: usize = 25;

/// A question in one of its forms, and its median times in microseconds, a store each.
pub(crate) struct Measured {
    pub(crate) what: String,
    pub(crate) rows: usize,
    pub(crate) micros: Vec<f64>,
    /// Whether it has to cost the same in every store.
    pub(crate) is_bound: bool,
}

pub(crate) async fn measure<S: Store>(
    question: &Question,
    stores: &[(Objects, S)],
    calls: usize,
) -> Result<Vec<Measured>, Failure> {
    let mut measured = Vec::new();
    match &question.asked {
        Asked::Class | Asked::Token => {
            for part in Part::ALL {
                let mut times = Times::new(stores.len());
                for call in 0..calls {
                    for (place, (objects, store)) in stores.iter().enumerate() {
                        let number = part.start(objects.0 - 1, call);
                        times.0[place].push(get(question, store, number).await?);
                    }
                }
                measured.push(times.medians(question.name, part, 1));
            }
        }
        Asked::Classes(_, passes) | Asked::Tokens(_, passes) => {
            let lists: Vec<Vec<usize>> = stores
                .iter()
                .map(|(objects, _)| (0..objects.0).filter(|number| passes(*number)).collect())
                .collect();
            // The same number of rows in every store.
            let rows = lists.iter().map(Vec::len).min().unwrap_or(0).min(PAGE);
            if rows == 0 {
                return Err(format!("{}: nothing is listed", question.name).into());
            }
            for part in Part::ALL {
                let mut times = Times::new(stores.len());
                for call in 0..calls {
                    for (place, ((_, store), list)) in stores.iter().zip(&lists).enumerate() {
                        let start = part.start(list.len() - rows, call);
                        let is_checked = call < 3;
                        let took = list_page(question, store, list, start, rows, is_checked).await;
                        times.0[place].push(took?);
                    }
                }
                measured.push(times.medians(question.name, part, rows));
            }
        }
    }
    Ok(measured)
}

#[derive(Clone, Copy, Debug)]
enum Part {
    First,
    Middle,
    Last,
    /// Another object or page each time. In a large store most of them are in no cache of the database's.
    Anywhere,
}

impl Part {
    const ALL: [Self; 4] = [Self::First, Self::Middle, Self::Last, Self::Anywhere];

    /// Which object it is, or before which object of a list a page starts; `last` is the last there is, or on which a page is
    /// full.
    fn start(self, last: usize, call: usize) -> usize {
        match self {
            Self::First => 0,
            Self::Middle => last / 2,
            Self::Last => last,
            Self::Anywhere => chance(call, last + 1),
        }
    }
}

fn chance(call: usize, below: usize) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "less than `below`")]
    let number = (scattered(call as u64) % below as u64) as usize;
    number
}

async fn get<S: Store>(question: &Question, store: &S, number: usize) -> Result<f64, Failure> {
    let (took, found, meant) = match question.asked {
        Asked::Token => {
            let id = token_id(number);
            let began = Instant::now();
            let found = store.host_authentication_token(id, Form::Protobuf).await?;
            let found = found.map(|found| found.message.into_bytes());
            (began.elapsed(), found, encoded(&token(number).message))
        }
        _ => {
            let id = class_id(number);
            let began = Instant::now();
            let found = store.environment_class(id, Form::Protobuf).await?;
            let found = found.map(|found| found.message.into_bytes());
            (began.elapsed(), found, encoded(&class(number).message))
        }
    };
    if found.is_none_or(|found| found != meant) {
        return Err(format!("{}: object {number} is another", question.name).into());
    }
    Ok(took.as_secs_f64() * 1e6)
}

async fn list_page<S: Store>(
    question: &Question,
    store: &S,
    list: &[usize],
    start: usize,
    rows: usize,
    is_checked: bool,
) -> Result<f64, Failure> {
    let previous = start.checked_sub(1).map(|previous| list[previous]);
    let meant = &list[start..start + rows];
    let has_next = start + rows < list.len();
    let seconds = match &question.asked {
        Asked::Tokens(filter, _) => {
            let (filter, request) = (filter.clone(), request(previous.map(token_id), rows));
            let began = Instant::now();
            let page = store.host_authentication_tokens(filter, request).await?;
            let took = began.elapsed();
            let is_meant =
                |encoded: &[u8], number| encoded == self::encoded(&token(number).message);
            check(question, &page, meant, has_next, is_checked, is_meant)?;
            took
        }
        Asked::Classes(filter, _) => {
            let (filter, request) = (filter.clone(), request(previous.map(class_id), rows));
            let began = Instant::now();
            let page = store.environment_classes(filter, request).await?;
            let took = began.elapsed();
            let is_meant =
                |encoded: &[u8], number| encoded == self::encoded(&class(number).message);
            check(question, &page, meant, has_next, is_checked, is_meant)?;
            took
        }
        Asked::Class | Asked::Token => return Err("that is no list".into()),
    };
    Ok(seconds.as_secs_f64() * 1e6)
}

const fn request(after: Option<Uuid>, limit: usize) -> PageRequest {
    PageRequest {
        after,
        limit,
        form: Form::Protobuf,
    }
}

fn check<M: Message + Default>(
    question: &Question,
    page: &Page<M>,
    meant: &[usize],
    has_next: bool,
    in_full: bool,
    is_meant: impl Fn(&[u8], usize) -> bool,
) -> Result<(), Failure> {
    let is_right = page.len() == meant.len()
        && page.next_after().is_some() == has_next
        && (!in_full
            || page
                .encoded()
                .zip(meant)
                .all(|(encoded, &number)| is_meant(encoded, number)));
    if is_right {
        Ok(())
    } else {
        Err(format!("{}: a page is another", question.name).into())
    }
}

/// The times of each store.
struct Times(Vec<Vec<f64>>);

impl Times {
    fn new(stores: usize) -> Self {
        Self(vec![Vec::new(); stores])
    }

    fn medians(self, name: &str, part: Part, rows: usize) -> Measured {
        let median = |mut times: Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[times.len() / 2]
        };
        Measured {
            what: format!("{name}, {part:?}"),
            rows,
            micros: self.0.into_iter().map(median).collect(),
            is_bound: !matches!(part, Part::Anywhere),
        }
    }
}
