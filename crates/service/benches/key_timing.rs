//! Whether the time of a refusal tells how much of a wrong API key is right: `just key-timing`.
//!
//! Wrong keys of two classes are tried in random order: those that share all but the last four characters with a right
//! key, and those that share none. Welch's t-test compares the times of the two classes, as they are and without their
//! slowest measurements (as dudect does: <https://eprint.iacr.org/2016/1123>); the largest |t| counts. Below 4.5 there is
//! no difference to be seen. The same is done to an authentication that compares keys until the first difference, which
//! has to be found out: otherwise the measurement is too coarse to say anything.
//!
//! `KEY_TIMING_TRIES` is the number of tries, 100 000 unless it is set.

#![expect(clippy::print_stdout, reason = "what it is for")]

use std::error::Error;
use std::fmt;
use std::hint::black_box;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use futures_util::FutureExt as _;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use runner_configuration_server::Authenticate;
use runner_configuration_service::store::sqlite::SqliteStore;
use runner_configuration_service::store::{Change, Store as _};
use runner_configuration_service::{
    ADMIN_SUBJECT, ApiKeys, Caller, KeyHash, Randomness as _, Role, StaticKeys, SystemRandomness,
};

/// What dudect takes as evidence.
const EVIDENCE: f64 = 4.5;
/// How many keys are made at a time.
const BATCH: usize = 1_000;
/// Which parts of the measurements are looked at: all, and without the slowest.
const CROPS: [f64; 4] = [1.0, 0.99, 0.9, 0.5];
/// As long as the keys that `runnerconf` makes.
const KEY_LENGTH: usize = 54;
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

type Failure = Box<dyn Error>;

fn main() -> Result<ExitCode, Failure> {
    let tries = match std::env::var("KEY_TIMING_TRIES") {
        Ok(tries) => tries.parse()?,
        Err(_) => 100_000,
    };
    let mut random = Random::default();
    let key = random.key("")?;
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SqliteStore::open(folder.path().join("store.db"))?);
    let change = Change::by(ADMIN_SUBJECT, "bench", SystemTime::now());
    let registered = store.set_admin_key(change, KeyHash::of(&key), ADMIN_SUBJECT);
    tokio::runtime::Runtime::new()?.block_on(registered)?;
    let admin = Caller::new(ADMIN_SUBJECT, Role::Admin);

    let mut try_out = |what: &str, keys: &dyn Fn(&HeaderMap) -> bool| {
        if !keys(&headers(&key)?) {
            return Err(Failure::from(format!("{what}: the right key is refused")));
        }
        let comparison = measure(keys, &key, tries, &mut random)?;
        println!("{what}: {comparison}");
        Ok(comparison.t())
    };
    let stored = ApiKeys::new(store);
    let stored = try_out("keys in the store", &|headers| accepts(&stored, headers))?;
    let listed = StaticKeys::new().with(&key, admin);
    let listed = try_out("keys in a list", &|headers| accepts(&listed, headers))?;
    let early_exit = EarlyExit(key.clone());
    let control = try_out("control, with early exit", &|headers| {
        accepts(&early_exit, headers)
    })?;

    let passed = stored < EVIDENCE && listed < EVIDENCE && control > 2.0 * EVIDENCE;
    Ok(if passed {
        ExitCode::SUCCESS
    } else {
        println!("failed: below {EVIDENCE} is needed, and for the control more than twice that");
        ExitCode::FAILURE
    })
}

/// Nothing that is measured has to wait.
fn accepts<A: Authenticate>(keys: &A, headers: &HeaderMap) -> bool {
    matches!(keys.authenticate(headers).now_or_never(), Some(Ok(_)))
}

/// What must not be: it compares until the first difference.
struct EarlyExit(String);

impl Authenticate for EarlyExit {
    type Caller = ();

    async fn authenticate(&self, headers: &HeaderMap) -> Result<(), tonic::Status> {
        let given = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer "));
        let mut pairs = given.unwrap_or_default().bytes().zip(self.0.bytes());
        // The optimizer is not to turn it into a comparison of words.
        if pairs.all(|(given, right)| black_box(given) == right) {
            Ok(())
        } else {
            Err(tonic::Status::unauthenticated("no valid API key"))
        }
    }
}

/// Random numbers, and what is made of them.
#[derive(Default)]
struct Random(Vec<u8>);

impl Random {
    fn byte(&mut self) -> Result<u8, Failure> {
        if self.0.is_empty() {
            self.0.resize(4096, 0);
            SystemRandomness.fill(&mut self.0)?;
        }
        self.0.pop().ok_or_else(|| "no random bytes".into())
    }

    /// A key that begins with this.
    fn key(&mut self, prefix: &str) -> Result<String, Failure> {
        let mut key = prefix.to_owned();
        while key.len() < KEY_LENGTH {
            key.push(char::from(ALPHABET[usize::from(self.byte()? % 64)]));
        }
        Ok(key)
    }

    /// A wrong key of a class.
    fn wrong(&mut self, class: Class, right: &str) -> Result<String, Failure> {
        let shared = match class {
            Class::Shares => KEY_LENGTH - 4,
            Class::Differs => 0,
        };
        loop {
            let key = self.key(&right[..shared])?;
            if key.as_bytes()[shared] != right.as_bytes()[shared] {
                return Ok(key);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// All but the last four characters are those of the right key.
    Shares,
    /// Already the first character differs.
    Differs,
}

fn headers(key: &str) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, format!("Bearer {key}").parse()?);
    Ok(headers)
}

fn measure(
    accepts: &dyn Fn(&HeaderMap) -> bool,
    right: &str,
    tries: usize,
    random: &mut Random,
) -> Result<Comparison, Failure> {
    let mut times = Vec::with_capacity(tries);
    while times.len() < tries {
        let mut batch = Vec::with_capacity(BATCH);
        for _ in 0..BATCH.min(tries - times.len()) {
            let class = if random.byte()? % 2 == 0 {
                Class::Shares
            } else {
                Class::Differs
            };
            batch.push((class, headers(&random.wrong(class, right)?)?));
        }
        for (class, headers) in &batch {
            let began = Instant::now();
            let accepted = accepts(black_box(headers));
            let took = began.elapsed();
            if accepted {
                return Err("a wrong key is accepted".into());
            }
            times.push((*class, took.as_secs_f64() * 1e9));
        }
    }
    Ok(Comparison::of(times))
}

/// Two classes of measurements, in nanoseconds, compared at the crop where they differ most.
struct Comparison {
    tries: usize,
    shares: Moments,
    differs: Moments,
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Comparison {
    fn of(mut times: Vec<(Class, f64)>) -> Self {
        times.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        let tries = times.len();
        let crops = CROPS.map(|part| {
            // The sum is of times in order, so ties at the cut would belong to one class more than to the other.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a part of a length"
            )]
            let limit = times[((tries as f64 * part) as usize).clamp(1, tries) - 1].1;
            let kept = times.partition_point(|(_, time)| *time <= limit);
            let moments = |class| {
                let kept = times[..kept].iter().filter(|(of, _)| *of == class);
                Moments::of(kept.map(|(_, time)| *time))
            };
            Self {
                tries,
                shares: moments(Class::Shares),
                differs: moments(Class::Differs),
            }
        });
        let most = |one: Self, other: Self| if other.t() > one.t() { other } else { one };
        let [all, rest @ ..] = crops;
        rest.into_iter().fold(all, most)
    }

    /// Welch's |t|.
    fn t(&self) -> f64 {
        (self.shares.mean - self.differs.mean).abs() / self.error()
    }

    /// The standard error of the difference of the means.
    fn error(&self) -> f64 {
        let squared = |moments: &Moments| moments.variance / moments.count;
        (squared(&self.shares) + squared(&self.differs)).sqrt()
    }
}

impl Moments {
    fn of(times: impl Iterator<Item = f64> + Clone) -> Self {
        let (count, sum) = times
            .clone()
            .fold((0.0, 0.0), |(count, sum), time| (count + 1.0, sum + time));
        let mean = sum / count;
        let squares: f64 = times.map(|time| (time - mean).powi(2)).sum();
        Self {
            count,
            mean,
            variance: squares / (count - 1.0),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "|t| = {:.2} over {} tries; {:.1} ns with a shared prefix, {:.1} ns without; \
             a difference from {:.1} ns on would have shown",
            self.t(),
            self.tries,
            self.shares.mean,
            self.differs.mean,
            EVIDENCE * self.error(),
        )
    }
}
