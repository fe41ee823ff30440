//! What fails a build, and with what error.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests a failed expectation is the report"
)]

use std::path::{Path, PathBuf};

use runner_configuration_codegen::{Descriptors, Error, Messages, Services};

/// A `buf/validate/validate.proto` with more rules than the generator supports.
const MORE_RULES: &str = r#"
    syntax = "proto2";
    package buf.validate;
    import "google/protobuf/descriptor.proto";
    extend google.protobuf.MessageOptions { optional MessageRules message = 1159; }
    extend google.protobuf.OneofOptions { optional OneofRules oneof = 1159; }
    extend google.protobuf.FieldOptions { optional FieldRules field = 1159; }
    message MessageRules { optional bool disabled = 1; repeated Rule cel = 3; }
    message OneofRules { optional bool required = 1; }
    message Rule { optional string id = 1; optional string expression = 3; }
    enum Ignore { IGNORE_UNSPECIFIED = 0; IGNORE_IF_DEFAULT_VALUE = 2; IGNORE_ALWAYS = 3; }
    message FieldRules {
      optional bool required = 25;
      optional Ignore ignore = 27;
      repeated Rule cel = 23;
      oneof type {
        FloatRules float = 1;
        Int32Rules int32 = 3;
        StringRules string = 14;
        EnumRules enum = 16;
        RepeatedRules repeated = 18;
        MapRules map = 19;
      }
    }
    message FloatRules { optional float lt = 2; }
    message Int32Rules { optional int32 gt = 4; repeated int32 in = 6; }
    message StringRules {
      optional uint64 min_len = 2;
      optional string pattern = 6;
      optional bool email = 12;
      extensions 1000 to max;
    }
    message EnumRules { optional bool defined_only = 2; repeated int32 in = 3; }
    message RepeatedRules {
      optional uint64 min_items = 1;
      optional bool unique = 3;
      optional FieldRules items = 4;
    }
    message MapRules { optional uint64 min_pairs = 1; }
    extend StringRules { optional bool own_rule = 1000; }
"#;

struct Project {
    folder: PathBuf,
}

impl Project {
    /// A folder with .proto files.
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("refusals")
            .join(name);
        for (file, text) in files {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self { folder }
    }

    fn compile(&self) -> Result<Descriptors, Error> {
        Descriptors::compile([&self.folder], ["test.proto"])
    }

    /// A file and what it imports, each by its name and encoded.
    fn encoded_files(&self, file: &str) -> Vec<(String, Vec<u8>)> {
        let mut compiler = protox::Compiler::new([&self.folder]).unwrap();
        compiler.include_imports(true).open_file(file).unwrap();
        let pool = compiler.descriptor_pool();
        let files = pool.files();
        files
            .map(|file| (file.name().to_owned(), file.encode_to_vec()))
            .collect()
    }

    fn messages(&self, package: &str) -> Result<(), Error> {
        let descriptors = self.compile()?;
        Messages::new(&descriptors)
            .package(package)
            .out_dir(&self.folder)
            .generate()
    }
}

/// Generates the messages of a file with this text.
fn messages(name: &str, text: &str) -> Result<(), Error> {
    let text = format!("syntax = \"proto3\"; package test; {text}");
    Project::new(name, &[("test.proto", &text)]).messages("test")
}

/// The rule that is not supported, and where it is.
fn unsupported(name: &str, text: &str) -> (String, String) {
    let text = format!(
        "syntax = \"proto3\"; package test; import \"buf/validate/validate.proto\"; {text}"
    );
    let files = [
        ("test.proto", text.as_str()),
        ("buf/validate/validate.proto", MORE_RULES),
    ];
    match Project::new(name, &files).messages("test") {
        Err(Error::UnsupportedRule { place, rule }) => (place, rule),
        Err(error) => panic!("{name}: {error}"),
        Ok(()) => panic!("{name} was generated"),
    }
}

#[test]
fn rules_without_a_generator() {
    for (name, field, rule) in [
        (
            "email",
            "string a = 1 [(buf.validate.field).string.email = true];",
            "string.email",
        ),
        (
            "pattern",
            "string a = 1 [(buf.validate.field).string.pattern = 'x'];",
            "string.pattern",
        ),
        (
            "in",
            "int32 a = 1 [(buf.validate.field).int32 = {gt: 1, in: [2, 3]}];",
            "int32.in",
        ),
        (
            "enum_in",
            "E a = 1 [(buf.validate.field).enum = {in: [1]}];",
            "enum.in",
        ),
        (
            "float",
            "float a = 1 [(buf.validate.field).float.lt = 1];",
            "float",
        ),
        (
            "unique",
            "repeated string a = 1 [(buf.validate.field).repeated.unique = true];",
            "repeated.unique",
        ),
        (
            "items",
            "repeated string a = 1 [(buf.validate.field).repeated.items.string.email = true];",
            "string.email",
        ),
        (
            "items_ignore",
            "repeated string a = 1 [(buf.validate.field).repeated.items.ignore = IGNORE_ALWAYS];",
            "repeated.items.ignore",
        ),
        (
            "items_required",
            "repeated string a = 1 [(buf.validate.field).repeated.items.required = true];",
            "repeated.items.required",
        ),
        (
            "map",
            "map<string, string> a = 1 [(buf.validate.field).map.min_pairs = 1];",
            "map",
        ),
        (
            "cel",
            "string a = 1 [(buf.validate.field).cel = {id: 'x', expression: 'true'}];",
            "cel",
        ),
        (
            "ignore",
            "string a = 1 [(buf.validate.field).ignore = IGNORE_IF_DEFAULT_VALUE];",
            "ignore",
        ),
        (
            "own",
            "string a = 1 [(buf.validate.field).string.(buf.validate.own_rule) = true];",
            "buf.validate.own_rule of StringRules",
        ),
        (
            "other_type",
            "string a = 1 [(buf.validate.field).int32.gt = 1];",
            "int32 (on a field of another type)",
        ),
        (
            "on_message",
            "M a = 1 [(buf.validate.field).string.min_len = 1];",
            "string (on a message)",
        ),
    ] {
        let text = format!("message M {{ {field} }} enum E {{ ZERO = 0; }}");
        let expected = ("test.M.a".to_owned(), rule.to_owned());
        assert_eq!(unsupported(name, &text), expected);
    }
}

#[test]
fn rules_for_a_whole_message_or_oneof() {
    let text = "message M { option (buf.validate.message).cel = {id: 'x', expression: 'true'}; }";
    let expected = ("test.M".to_owned(), "message.cel".to_owned());
    assert_eq!(unsupported("message_cel", text), expected);

    let text =
        "message M { oneof o { option (buf.validate.oneof).required = true; string a = 1; } }";
    let expected = ("test.M.o".to_owned(), "oneof.required".to_owned());
    assert_eq!(unsupported("oneof_required", text), expected);
}

#[test]
fn rules_inside_the_values_of_a_map() {
    let text = "message M { map<string, N> a = 1; }
        message N { string a = 1 [(buf.validate.field).string.min_len = 1]; }";
    let (place, rule) = unsupported("map_values", text);
    assert_eq!(
        (&*place, &*rule),
        ("test.M.a", "rules of a message that is a map's value")
    );
}

#[test]
fn a_rule_that_the_bundled_file_does_not_declare() {
    let result = messages(
        "bundled",
        "import \"buf/validate/validate.proto\";
         message M { string a = 1 [(buf.validate.field).string.email = true]; }",
    );
    assert!(matches!(result, Err(Error::Compile(_))), "{result:?}");
}

#[test]
fn a_rule_that_the_descriptors_carry_without_declaring_it() {
    // Compiled with a file that declares the rule, and read with one that does not.
    let text = "syntax = \"proto3\"; package test; import \"buf/validate/validate.proto\";
        message M { string a = 1 [(buf.validate.field).string.email = true]; }";
    let validate = "buf/validate/validate.proto";
    let fewer_rules = MORE_RULES.replace("optional bool email = 12;", "");
    let files = [("test.proto", text), (validate, MORE_RULES)];
    let mut set = Project::new("declared", &files).encoded_files("test.proto");
    let files = [(validate, fewer_rules.as_str())];
    let fewer = Project::new("undeclared", &files).encoded_files(validate);
    set.retain(|(name, _)| name == "test.proto");
    let mut encoded = Vec::new();
    for (_, file) in fewer.iter().chain(&set) {
        prost::encoding::bytes::encode(1, file, &mut encoded);
    }

    let descriptors = Descriptors::from_encoded(encoded).unwrap();
    let folder = env!("CARGO_TARGET_TMPDIR");
    let messages = Messages::new(&descriptors).package("test");
    let result = messages.out_dir(folder).generate();
    let Err(Error::UnsupportedRule { rule, .. }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(rule, "number 12 of StringRules");
}

#[test]
fn packages_and_types_that_are_not_known() {
    let project = Project::new(
        "package",
        &[("test.proto", "syntax = \"proto3\"; package test;")],
    );
    let result = project.messages("tests");
    assert!(
        matches!(&result, Err(Error::UnknownPackage(name)) if name == "tests"),
        "{result:?}"
    );

    let other = (
        "other.proto",
        "syntax = \"proto3\"; package other; message M {} enum E { ZERO = 0; }",
    );
    for (name, field) in [
        ("M", "other.M a = 1;"),
        ("E", "repeated other.E a = 1;"),
        ("M", "map<string, other.M> a = 1;"),
    ] {
        let text = format!(
            "syntax = \"proto3\"; package test; import \"other.proto\"; message T {{ {field} }}"
        );
        let result = Project::new("type", &[("test.proto", &text), other]).messages("test");
        let expected = format!("other.{name}");
        assert!(
            matches!(&result, Err(Error::UnknownType(name)) if *name == expected),
            "{result:?}"
        );
    }

    let result = messages(
        "api",
        "import \"google/protobuf/api.proto\"; message M { google.protobuf.Api a = 1; }",
    );
    assert!(
        matches!(&result, Err(Error::UnknownType(name)) if name == "google.protobuf.Api"),
        "{result:?}"
    );
}

#[test]
fn files_that_do_not_compile() {
    let result = messages("syntax", "message M { string a = 1");
    let Err(error @ Error::Compile(_)) = result else {
        panic!("{result:?}");
    };
    assert!(error.to_string().contains("test.proto"), "{error}");
    assert!(Descriptors::from_encoded(vec![1, 2, 3]).is_err());
}

#[test]
fn streaming_rpcs_and_foreign_messages() {
    let services = |name: &str, rpc: &str, rust: &str| {
        let text = format!(
            "syntax = \"proto3\"; package test; import \"google/protobuf/api.proto\";
             message M {{}} service S {{ rpc Do({rpc}; }}"
        );
        let project = Project::new(name, &[("test.proto", &text)]);
        let descriptors = project.compile().unwrap();
        let services = Services::new(&descriptors)
            .package("test", rust)
            .out_dir(&project.folder);
        let (server, client) = (services.server(), services.client());
        assert_eq!(server.is_ok(), client.is_ok());
        server
    };
    assert!(services("unary", "M) returns (M)", "crate::v1").is_ok());
    for (name, rpc) in [
        ("requests", "stream M) returns (M)"),
        ("replies", "M) returns (stream M)"),
    ] {
        let result = services(name, rpc, "crate::v1");
        assert!(
            matches!(&result, Err(Error::Streaming(rpc)) if rpc == "test.S.Do"),
            "{result:?}"
        );
    }
    let result = services("foreign", "M) returns (google.protobuf.Api)", "crate::v1");
    assert!(
        matches!(&result, Err(Error::UnknownType(name)) if name == "google.protobuf.Api"),
        "{result:?}"
    );
    let result = services("path", "M) returns (M)", "not a path");
    assert!(matches!(&result, Err(Error::Syntax { .. })), "{result:?}");
}

#[test]
fn a_dependency_that_hands_on_nothing() {
    let Err(error) = Descriptors::from_dependency("no-such-links") else {
        panic!("there is no such dependency");
    };
    assert!(
        error.to_string().contains("DEP_NO_SUCH_LINKS_FDS"),
        "{error}"
    );
}
