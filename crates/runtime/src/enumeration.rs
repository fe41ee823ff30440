/// A generated protobuf enum: numbers, names, and the way between them.
///
/// Implemented by generated code for every enum. proto3 enums are open: a field holds the number (`i32`), which need
/// not be one of the declared values, so the methods that look a value up return an [`Option`].
pub trait Enumeration: Copy + Sized + 'static {
    /// Whether the JSON form of every value is `null`: so for `google.protobuf.NullValue`, and for no other enum.
    const IS_NULL: bool = false;

    /// The declared value with this number.
    fn from_number(number: i32) -> Option<Self>;

    /// The declared value with this name, as written in the .proto file.
    fn from_name(name: &str) -> Option<Self>;

    /// The number of this value.
    fn number(self) -> i32;

    /// The name of this value, as written in the .proto file.
    fn name(self) -> &'static str;
}
