//! What the server takes on.

use std::time::Duration;

use clap::Args;
use runner_configuration_server::rpc::serve::ConnectionOptions;
use runner_configuration_server::rpc::{Options, Rate};

/// The limits, each as a line of the configuration. Times are in seconds.
#[derive(Clone, Debug, Args)]
pub(crate) struct LimitArguments {
    /// The largest request message, as sent and decompressed
    #[arg(long, value_name = "BYTES", default_value_t = Options::default().max_message_bytes)]
    max_message_bytes: usize,

    /// The longest time that a call may take; a caller's own deadline counts where it is shorter
    #[arg(long, value_name = "SECONDS", default_value_t = seconds(Options::default().timeout), value_parser = positive)]
    call_timeout: u32,

    /// The longest time that the body of a request may take to arrive
    #[arg(long, value_name = "SECONDS", default_value_t = seconds(Options::default().body_timeout), value_parser = positive)]
    body_timeout: u32,

    /// How many calls are worked on at once; further ones are unavailable
    #[arg(long, value_name = "NUMBER", default_value_t = Options::default().max_calls)]
    max_calls: usize,

    /// How many bytes of requests are in memory at once; requests beyond that are unavailable. A quarter is
    /// kept for requests of up to 16 KiB
    #[arg(long, value_name = "BYTES", default_value_t = Options::default().max_buffered_bytes)]
    max_buffered_bytes: usize,

    /// How many calls each caller may make in a second, in the long run; 0 for as many as it likes
    #[arg(long, value_name = "CALLS", default_value_t = rate().per_second, value_parser = not_negative)]
    rate: f64,

    /// How many calls each caller may make at once, after a pause
    #[arg(long, value_name = "CALLS", default_value_t = rate().burst, value_parser = positive)]
    rate_burst: u32,

    /// Replies are compressed from this size on
    #[arg(long, value_name = "BYTES", default_value_t = Options::default().compress_from_bytes)]
    compress_from_bytes: usize,

    /// How many connections are open at once; for one more, the one is closed that has been idle for longest
    #[arg(long, value_name = "NUMBER", default_value_t = ConnectionOptions::default().max_connections)]
    max_connections: usize,

    /// How long the headers of a request may take to arrive over HTTP/1.1
    #[arg(long, value_name = "SECONDS", default_value_t = seconds(ConnectionOptions::default().header_timeout), value_parser = positive)]
    header_timeout: u32,

    /// How long a connection may be without a call before it is closed
    #[arg(long, value_name = "SECONDS", default_value_t = seconds(ConnectionOptions::default().idle_timeout), value_parser = positive)]
    idle_timeout: u32,

    /// The largest headers of a request, together; at least 8192
    #[arg(long, value_name = "BYTES", default_value_t = ConnectionOptions::default().max_header_bytes)]
    max_header_bytes: u32,

    /// How many calls a connection may have in flight over HTTP/2
    #[arg(long, value_name = "NUMBER", default_value_t = ConnectionOptions::default().max_concurrent_streams, value_parser = positive)]
    max_concurrent_streams: u32,

    /// How many streams a caller may open and reset over HTTP/2, before the server has taken note of them
    #[arg(long, value_name = "NUMBER", default_value_t = ConnectionOptions::default().max_pending_resets)]
    max_pending_resets: usize,
}

impl LimitArguments {
    /// Those of calls.
    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.max_message_bytes = self.max_message_bytes;
        options.timeout = Duration::from_secs(self.call_timeout.into());
        options.body_timeout = Duration::from_secs(self.body_timeout.into());
        options.max_calls = self.max_calls;
        options.max_buffered_bytes = self.max_buffered_bytes;
        options.rate = (self.rate > 0.0).then_some(Rate {
            per_second: self.rate,
            burst: self.rate_burst,
        });
        options.compress_from_bytes = self.compress_from_bytes;
        options
    }

    /// Those of connections.
    pub(crate) fn connections(&self) -> ConnectionOptions {
        let mut options = ConnectionOptions::default();
        options.max_connections = self.max_connections;
        options.header_timeout = Duration::from_secs(self.header_timeout.into());
        options.idle_timeout = Duration::from_secs(self.idle_timeout.into());
        options.max_header_bytes = self.max_header_bytes;
        options.max_concurrent_streams = self.max_concurrent_streams;
        options.max_pending_resets = self.max_pending_resets;
        options
    }
}

/// At least 1.
fn positive(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(number @ 1..) => Ok(number),
        _ => Err("give a whole number from 1 on"),
    }
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

fn rate() -> Rate {
    let none = Rate {
        per_second: 0.0,
        burst: 1,
    };
    Options::default().rate.unwrap_or(none)
}

fn not_negative(text: &str) -> Result<f64, &'static str> {
    match text.parse() {
        Ok(number) if (0.0..=1e9).contains(&number) => Ok(number),
        _ => Err("give a number that is not negative"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        limits: LimitArguments,
    }

    #[test]
    fn without_arguments_the_limits_are_those_of_the_server() {
        let limits = Program::parse_from(["x"]).limits;
        let (options, connections) = (limits.options(), limits.connections());
        assert_eq!(format!("{options:?}"), format!("{:?}", Options::default()));
        let default = ConnectionOptions::default();
        assert_eq!(format!("{connections:?}"), format!("{default:?}"));
    }

    #[test]
    fn each_limit_is_what_its_argument_says() {
        let arguments = "x --max-message-bytes 1 --call-timeout 2 --body-timeout 3 --max-calls 4 --max-buffered-bytes 5 --rate \
             6.5 --rate-burst 7 --compress-from-bytes 8 --max-connections 9 --header-timeout 10 --idle-timeout 11 \
             --max-header-bytes 12 --max-concurrent-streams 13 --max-pending-resets 14";
        let limits = Program::parse_from(arguments.split_whitespace()).limits;
        let mut options = Options::default();
        options.max_message_bytes = 1;
        options.timeout = Duration::from_secs(2);
        options.body_timeout = Duration::from_secs(3);
        options.max_calls = 4;
        options.max_buffered_bytes = 5;
        options.rate = Some(Rate {
            per_second: 6.5,
            burst: 7,
        });
        options.compress_from_bytes = 8;
        assert_eq!(format!("{:?}", limits.options()), format!("{options:?}"));
        let mut connections = ConnectionOptions::default();
        connections.max_connections = 9;
        connections.header_timeout = Duration::from_secs(10);
        connections.idle_timeout = Duration::from_secs(11);
        connections.max_header_bytes = 12;
        connections.max_concurrent_streams = 13;
        connections.max_pending_resets = 14;
        assert_eq!(
            format!("{:?}", limits.connections()),
            format!("{connections:?}")
        );
    }

    #[test]
    fn no_rate_is_no_limit_and_no_time_is_none() {
        let limits = Program::parse_from(["x", "--rate", "0"]).limits;
        assert_eq!(limits.options().rate, None);
        for wrong in [
            "--rate=-1",
            "--rate=NaN",
            "--call-timeout=0",
            "--rate-burst=0",
        ] {
            assert!(Program::try_parse_from(["x", wrong]).is_err(), "{wrong}");
        }
    }
}
