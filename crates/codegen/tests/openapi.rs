//! OpenAPI documents of .proto files that have one of everything.

#![expect(
    clippy::unwrap_used,
    reason = "in tests a failed expectation is the report"
)]

use std::path::{Path, PathBuf};

use runner_configuration_codegen::{Descriptors, Error, OpenApi};
use serde_json::{Value, json};

const PROTO: &str = r#"
    syntax = "proto3";
    package shop.v1;
    import "buf/validate/validate.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";

    // Sells things. All RPCs can end with:
    //
    // - `unauthenticated`: nobody
    //   knows the caller.
    service Shop {
      // Buys a thing. It is sent at once.
      //
      // Errors:
      //
      // - `not_found`: there is none.
      rpc Buy(BuyRequest) returns (BuyReply);
      rpc Watch(BuyRequest) returns (stream BuyReply);
    }

    // How to pay.
    enum Payment {
      PAYMENT_UNSPECIFIED = 0;
      // Now.
      PAYMENT_CASH = 1;
    }

    message BuyRequest {
      // What.
      string thing_id = 1 [(buf.validate.field).string.uuid = true];
      string coupon = 2 [
        (buf.validate.field).string.max_len = 9, (buf.validate.field).string.min_len = 3,
        (buf.validate.field).ignore = IGNORE_IF_UNPOPULATED
      ];
      int32 count = 3 [(buf.validate.field).int32 = {gt: 0, lte: 9}];
      int32 shelf = 4 [(buf.validate.field).int32 = {lt: -5, gt: 5}];
      optional int32 floor = 5 [(buf.validate.field).int32.gte = 1];
      uint64 cents = 6;
      double weight = 7;
      bytes note = 8;
      bool gift = 9 [deprecated = true];
      Payment payment = 10 [(buf.validate.field).required = true];
      repeated string tags = 11 [(buf.validate.field).repeated = {min_items: 1, items: {string: {max_len: 5}}}];
      map<string, Wrapping> wrappings = 12;
      string pin = 13 [debug_redact = true];
      Address address = 14 [(buf.validate.field).required = true];
      Unchecked unchecked = 15;
      oneof when {
        google.protobuf.Timestamp at = 16;
        google.protobuf.Duration within = 17;
      }
      google.protobuf.Int64Value limit = 18;
      Address billing = 19 [(buf.validate.field).ignore = IGNORE_ALWAYS];
      Page page = 20;
    }
    message Wrapping { string colour = 1; }
    message Address { string street = 1 [(buf.validate.field).string.min_len = 1]; }
    message Unchecked {
      option (buf.validate.message).disabled = true;
      Address address = 1;
      string id = 2 [(buf.validate.field).string.uuid = true];
    }
    message Page { string token = 1; }
    // What was bought.
    message BuyReply { repeated string ids = 1; BuyReply again = 2; }
"#;

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("openapi")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("shop.proto"), PROTO).unwrap();
    folder
}

fn generate(name: &str, examples: Option<&str>) -> Result<Value, Error> {
    let folder = folder(name);
    let descriptors = Descriptors::compile([&folder], ["shop.proto"])?;
    let mut document = OpenApi::new(&descriptors)
        .title("Shop", "1.2.3")
        .server("https://shop.example.com", "The shop")
        .bearer("A key.")
        .url_parameter("token", "page.token")
        .url_parameter("other", "page.other")
        .write_empty_repeated(|message| message == "shop.v1.BuyReply")
        .out_dir(&folder);
    if let Some(examples) = examples {
        let path = folder.join("examples.json");
        std::fs::write(&path, examples).unwrap();
        document = document.examples(path);
    }
    document.generate("shop.v1")?;
    let text = std::fs::read_to_string(folder.join("shop.v1.openapi.json")).unwrap();
    Ok(serde_json::from_str(&text).unwrap())
}

const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

#[test]
fn fields_have_the_schemas_of_their_types_and_rules() {
    let document = generate("fields", None).unwrap();
    let schemas = &document["components"]["schemas"];
    let request = &schemas["shop.v1.BuyRequest"];
    let expected = [
        (
            "thingId",
            json!({"type": "string", "format": "uuid", "pattern": UUID, "description": "What."}),
        ),
        (
            "coupon",
            json!({"type": "string", "anyOf": [{"const": ""}, {"minLength": 3, "maxLength": 9}]}),
        ),
        (
            "count",
            json!({"type": "integer", "format": "int32", "exclusiveMinimum": 0, "maximum": 9}),
        ),
        (
            "shelf",
            json!({"type": "integer", "format": "int32", "anyOf": [{"exclusiveMinimum": 5}, {"exclusiveMaximum": -5}]}),
        ),
        (
            "floor",
            json!({"type": "integer", "format": "int32", "minimum": 1}),
        ),
        (
            "cents",
            json!({"type": ["string", "integer"], "format": "uint64", "pattern": "^[0-9]+$", "minimum": 0}),
        ),
        (
            "weight",
            json!({"anyOf": [
                {"type": "number", "format": "double"},
                {"type": "string", "enum": ["NaN", "Infinity", "-Infinity"]},
            ]}),
        ),
        (
            "note",
            json!({"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/_-]*={0,2}$"}),
        ),
        ("gift", json!({"type": "boolean", "deprecated": true})),
        (
            "payment",
            json!({"$ref": "#/components/schemas/shop.v1.Payment", "not": {"const": "PAYMENT_UNSPECIFIED"}}),
        ),
        (
            "tags",
            json!({"type": "array", "items": {"type": "string", "maxLength": 5}, "minItems": 1}),
        ),
        (
            "wrappings",
            json!({"type": "object", "additionalProperties": {"$ref": "#/components/schemas/shop.v1.Wrapping"}}),
        ),
        ("pin", json!({"type": "string", "format": "password"})),
        (
            "address",
            json!({"$ref": "#/components/schemas/shop.v1.Address"}),
        ),
        (
            "unchecked",
            json!({"$ref": "#/components/schemas/shop.v1.Unchecked"}),
        ),
        (
            "limit",
            json!({"$ref": "#/components/schemas/google.protobuf.Int64Value"}),
        ),
        (
            "billing",
            json!({"$ref": "#/components/schemas/shop.v1.Address.Unchecked"}),
        ),
    ];
    for (field, expected) in expected {
        assert_eq!(request["properties"][field], expected, "{field}");
    }
    assert_eq!(
        request["required"],
        json!(["thingId", "count", "shelf", "payment", "tags", "address"])
    );
    let members = [json!({"required": ["at"]}), json!({"required": ["within"]})];
    assert_eq!(
        request["oneOf"],
        json!([members[0], members[1], {"not": {"anyOf": members}}])
    );
    assert_eq!(schemas["google.protobuf.Timestamp"]["format"], "date-time");
    assert_eq!(
        schemas["shop.v1.Payment"],
        json!({
            "type": "string",
            "description": "How to pay.\n\n- `PAYMENT_CASH`: Now.",
            "enum": ["PAYMENT_UNSPECIFIED", "PAYMENT_CASH"],
        })
    );
}

#[test]
fn nothing_inside_a_message_without_rules_is_checked() {
    let document = generate("unchecked", None).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(
        schemas["shop.v1.Unchecked"]["properties"],
        json!({
            "address": {"$ref": "#/components/schemas/shop.v1.Address.Unchecked"},
            "id": {"type": "string"},
        })
    );
    assert_eq!(
        schemas["shop.v1.Address.Unchecked"],
        json!({"type": "object", "properties": {"street": {"type": "string"}}})
    );
    assert_eq!(schemas["shop.v1.Address"]["required"], json!(["street"]));
    // Lists that are always written are required, and a message may refer to itself.
    let reply = &schemas["shop.v1.BuyReply"];
    assert_eq!(reply["required"], json!(["ids"]));
    assert_eq!(
        reply["properties"]["again"],
        json!({"$ref": "#/components/schemas/shop.v1.BuyReply"})
    );
}

#[test]
fn an_rpc_has_its_texts_parameters_and_errors() {
    let document = generate("rpc", None).unwrap();
    assert_eq!(document["info"]["version"], "1.2.3");
    assert_eq!(document["security"], json!([{"bearer": []}]));
    let paths = document["paths"].as_object().unwrap();
    // The stream is left out.
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/shop.v1.Shop/Buy"]);
    let operation = &paths["/shop.v1.Shop/Buy"]["post"];
    assert_eq!(operation["operationId"], "Shop_Buy");
    assert_eq!(operation["summary"], "Buys a thing.");
    assert_eq!(
        operation["description"],
        "Buys a thing. It is sent at once."
    );
    assert_eq!(
        operation["responses"]["200"]["description"],
        "What was bought."
    );
    let not_found = &operation["responses"]["404"];
    assert_eq!(not_found["description"], "- `not_found`: there is none.");
    let schema = &not_found["content"]["application/json"]["schema"];
    assert_eq!(
        schema["allOf"][1],
        json!({"properties": {"code": {"enum": ["not_found"]}}})
    );
    assert_eq!(
        operation["responses"]["401"],
        json!({"$ref": "#/components/responses/Error401"})
    );
    let refused = document["components"]["responses"]["Error401"]["description"].as_str();
    assert!(
        refused
            .unwrap()
            .starts_with("- `unauthenticated`: nobody knows the caller.\n")
    );
    let parameters: Vec<_> = operation["parameters"].as_array().unwrap().iter().collect();
    assert_eq!(
        parameters[2],
        &json!({
            "name": "token",
            "in": "query",
            "description": "Takes the place of the field `page.token`.",
            "schema": {"type": "string"},
        })
    );
    // The request has no field for the other parameter of the URL.
    assert_eq!(parameters.len(), 3);
}

#[test]
fn every_rpc_has_an_example_and_every_example_an_rpc() {
    let complete = r#"{"Buy": {"request": {"thingId": "x"}, "response": {"ids": []}}}"#;
    let document = generate("examples", Some(complete)).unwrap();
    let operation = &document["paths"]["/shop.v1.Shop/Buy"]["post"];
    assert_eq!(
        operation["requestBody"]["content"]["application/json"]["example"],
        json!({"thingId": "x"})
    );
    for (examples, problem) in [
        ("{}", "Buy has no example"),
        (r#"{"Buy": {"request": {}}}"#, "Buy has no response"),
        (
            r#"{"Buy": {"request": {}, "response": {}}, "Sell": {}}"#,
            "there is no RPC Sell",
        ),
        ("{", "EOF while parsing"),
    ] {
        let error = generate("wrong-examples", Some(examples)).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
    }
}
