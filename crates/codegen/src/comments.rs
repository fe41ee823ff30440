//! The comments of .proto files.

use prost_reflect::FileDescriptor;

/// The comment before the declaration at a path of descriptors, without the space that its lines begin with.
pub(crate) fn leading(file: &FileDescriptor, path: &[i32]) -> Option<String> {
    let source_info = file.file_descriptor_proto().source_code_info.as_ref()?;
    let mut locations = source_info.location.iter();
    let comment = locations
        .find(|location| location.path == path)?
        .leading_comments
        .as_deref()?;
    let lines = comment
        .trim_end()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line));
    Some(lines.collect::<Vec<_>>().join("\n"))
}
