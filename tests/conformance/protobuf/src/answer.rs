//! One test: read a message in one format, write it in another.

use prost::{Message, Name as _};
use runner_configuration_runtime::json;

use crate::messages::conformance::conformance_request::Payload;
use crate::messages::conformance::conformance_response::Result as Answer;
use crate::messages::conformance::{
    ConformanceRequest, ConformanceResponse, FailureSet, TestCategory, WireFormat,
};
use crate::messages::strict;
use crate::messages::test::TestAllTypesProto3;

pub(crate) fn to(request: ConformanceRequest) -> ConformanceResponse {
    let answer = if request.message_type == FailureSet::full_name() {
        // The known failures are in a file that the suite reads itself.
        Answer::ProtobufPayload(FailureSet::default().encode_to_vec())
    } else if request.message_type == TestAllTypesProto3::full_name() {
        convert(&request)
    } else {
        Answer::Skipped(format!("{} is not proto3", request.message_type))
    };
    ConformanceResponse {
        result: Some(answer),
    }
}

fn convert(request: &ConformanceRequest) -> Answer {
    let read = match &request.payload {
        Some(Payload::ProtobufPayload(binary)) => {
            TestAllTypesProto3::decode(binary.as_slice()).map_err(|error| error.to_string())
        }
        Some(Payload::JsonPayload(text)) => read_json(text, request.test_category()),
        _ => return Answer::Skipped("only binary and JSON are read".to_owned()),
    };
    let message = match read {
        Ok(message) => message,
        Err(error) => return Answer::ParseError(error),
    };
    match request.requested_output_format() {
        WireFormat::Protobuf => Answer::ProtobufPayload(message.encode_to_vec()),
        WireFormat::Json => match json::to_vec(&message).map(String::from_utf8) {
            Ok(Ok(text)) => Answer::JsonPayload(text),
            Ok(Err(error)) => Answer::SerializeError(error.to_string()),
            Err(error) => Answer::SerializeError(error.to_string()),
        },
        _ => Answer::Skipped("only binary and JSON are written".to_owned()),
    }
}

/// Messages ignore unknown fields unless they are generated to refuse them. Where the suite does not ask for the former,
/// readers of both kinds have to accept a text, and what the first has read is the answer.
fn read_json(text: &str, category: TestCategory) -> Result<TestAllTypesProto3, String> {
    let message = json::from_slice(text.as_bytes()).map_err(|error| error.to_string())?;
    if category != TestCategory::JsonIgnoreUnknownParsingTest {
        json::from_slice::<strict::TestAllTypesProto3>(text.as_bytes())
            .map_err(|error| error.to_string())?;
    }
    Ok(message)
}
